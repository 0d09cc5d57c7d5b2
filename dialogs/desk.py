"""One door for everything that people do: submit, hear, press, cancel. Committed before it is acknowledged.

Each verb is one transaction: the delivery, the row, its audit events and the work that follows. The same
delivery again gets the first answer and changes nothing (rulings, row 2).
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from agent.reading import mask_secrets
from cards.words import kept, restored, say
from dialogs import own, presses
from dialogs.chat import Heard, Identity, Press, Reply, Submission
from dialogs.lifecycle import Status
from dialogs.own import Asker
from dialogs.record import ADVANCE, AGENT, PAINT, TICKET
from dialogs.services import Services
from storage import audit, deliveries, jobs, pictures, requests
from storage.audit import NewEvent
from storage.database import transaction
from storage.models import Request

SUMMARY_LIMIT = 2000
"""Characters kept of what somebody writes; chat platforms allow more than a reviewer reads."""
MOST_COUNTED = 64
HEAR = "hear"
SECRET = "secret"  # noqa: S105 - the name of a job, not a secret


class Desk:
    """The door. `services` are the systems and rules. Nothing here waits for the network, save a second at the most for
    whose request it is that somebody acts on from another platform; no transaction is open then."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._came = deque[float](maxlen=MOST_COUNTED)

    def lately(self) -> int:
        """How many submissions and messages came within the last second, MOST_COUNTED at the most."""
        since = time.monotonic() - 1.0
        return sum(came > since for came in self._came)

    async def submit(self, submission: Submission) -> Reply:
        """Takes a request in, or shows the open one of this person and target (row 3)."""
        self._came.append(time.monotonic())
        summary, masked_summary = mask_secrets(submission.summary[:SUMMARY_LIMIT])
        reason, masked_reason = mask_secrets(submission.justification[:SUMMARY_LIMIT])
        key = open_key(submission.who, submission.app_kind, submission.app_label, submission.on_behalf)
        async with transaction():
            seen = await deliveries.seen(submission.delivery)
            if seen is not None:
                return _first_answer(seen.answer)
            request = await requests.open_for(key) or await _bound(submission)
            if request is not None:
                reply = await _note(request, submission, summary, reason)
            else:
                request = await _create(submission, summary, reason, key)
                reply = Reply("", request.request_id)
            if masked_summary or masked_reason:
                await jobs.put(SECRET, request.request_id, payload={"who": str(submission.who), "channel": submission.channel})
            await deliveries.record(submission.delivery, request.request_id, _answer(reply))
        return reply

    async def hear(self, heard: Heard) -> None:
        """Keeps a message for the worker: what it is and who wrote it needs look-ups, which come after the answer."""
        self._came.append(time.monotonic())
        text, masked = mask_secrets(heard.text[:SUMMARY_LIMIT])
        async with transaction():
            if await deliveries.seen(heard.delivery) is not None:
                return
            await deliveries.record(heard.delivery)
            await jobs.put(
                HEAR,
                payload={
                    "who": str(heard.who),
                    "text": text,
                    "channel": heard.channel,
                    "message": heard.message,
                    "thread": heard.thread,
                    "private": heard.private,
                    "attachments": list(heard.attachments),
                    "masked": masked,
                },
            )

    async def press(self, press: Press) -> Reply:
        """A button: rights are looked up now, the picture only says of which request it is."""
        asker = await self._presser(press)
        async with transaction():
            seen = await deliveries.seen(press.delivery)
            if seen is not None:
                return _first_answer(seen.answer)
            reply = await presses.press(self.services, press, asker)
            await deliveries.record(press.delivery, reply.request_id, _answer(reply))
        return reply

    async def _presser(self, press: Press) -> Asker:
        """Who presses; looked up where a page of theirs shows what they asked for on another platform."""
        picture = await pictures.by_nonce(press.nonce) if press.verb in presses.FROM_ELSEWHERE else None
        if picture is None or picture.surface != presses.DETAIL or picture.audience != str(press.who):
            return Asker(press.who)
        return await own.asker_of(self.services, press.who, picture.request_id, own.AT_ONCE)

    async def cancel(self, who: Identity, request_id: str, delivery: str) -> Reply:
        """`cancel IT-…` in words: the same as the button, for the requester alone, on whichever platform they asked."""
        asker = await own.asker_of(self.services, who, request_id, own.AT_ONCE)
        async with transaction():
            seen = await deliveries.seen(delivery)
            if seen is not None:
                return _first_answer(seen.answer)
            reply = await presses.cancel_by_name(asker, request_id)
            await deliveries.record(delivery, reply.request_id, _answer(reply))
        return reply


def open_key(who: Any, app_kind: str, app_label: str, on_behalf: str) -> str:
    """One open request a person and target; an unnamed target is a target of its own until it is named.

    `who` is the chat identity, and `okta:ID` once it is known whose it is: the same person may ask in two places.
    """
    return f"{who}:{_about(app_kind, app_label, on_behalf)}"


def _about(app_kind: str, app_label: str, on_behalf: str) -> str:
    target = "account" if app_kind == "account" else " ".join(app_label.casefold().split())[:120] or "?"
    return f"{on_behalf.casefold()}:{target}"


async def _bound(submission: Submission) -> Request | None:
    """Their open request for the same, when it goes by their Okta account already."""
    who, about = submission.who, _about(submission.app_kind, submission.app_label, submission.on_behalf)
    found = await requests.open_of(who.platform, who.tenant, who.user)
    return next((request for request in found if (request.open_key or "").startswith("okta:") and _after(request) == about), None)


def _after(request: Request) -> str:
    return (request.open_key or "").split(":", 2)[-1]


async def _create(submission: Submission, summary: str, reason: str, key: str) -> Request:
    """The operation's "Create Request Record" and "Invoke the agent": status, priority, times, owner, first job."""
    who = submission.who
    request = await requests.create(
        requester=who.user,
        summary=summary,
        target_record=submission.app_label,
        status=Status.NEW.value,
        priority="Medium",
        platform=who.platform,
        tenant=who.tenant,
        platform_user=who.user,
        channel=submission.channel,
        intake=submission.intake,
        open_key=key,
        justification=reason,
        symptom=submission.symptom,
        app_kind=submission.app_kind,
        app_id=submission.app_id,
        app_label=submission.app_label,
        on_behalf=submission.on_behalf,
        attachments=list(submission.attachments),
        owner=AGENT,
    )
    ref = request.request_id
    await audit.append([NewEvent(request_id=ref, actor=str(who), event_type=audit.MESSAGE, details=_told(submission, summary, reason))])
    await jobs.put(PAINT, ref, key=f"{PAINT}:{ref}")
    await jobs.put(ADVANCE, ref, key=f"{ADVANCE}:{ref}")
    return request


async def _note(request: Request, submission: Submission, summary: str, reason: str) -> Reply:
    told = _told(submission, summary, reason) | {"kind": "note"}
    await audit.append([NewEvent(request_id=request.request_id, actor=str(submission.who), event_type=audit.MESSAGE, details=told)])
    await jobs.put(TICKET, request.request_id, key=f"{TICKET}:{request.request_id}")
    said = say("You already have a request open for this: {reference}. I've added what you wrote to it.", reference=request.request_id)
    return Reply(said, request.request_id)


def _told(submission: Submission, summary: str, reason: str) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": "submitted", "intake": submission.intake, "text": summary}
    if reason:
        told["justification"] = reason
    if submission.app_label:
        told["target"] = submission.app_label
    if submission.on_behalf:
        told["on_behalf"] = submission.on_behalf
    if submission.attachments:
        told["attachments"] = [a.get("name", "") for a in submission.attachments]
    return told


def _answer(reply: Reply) -> dict[str, Any]:
    """In English for whoever reads the row, and as what it is translated from: a repeat is answered in the reader's language too."""
    return {"text": str(reply.text), "said": kept(reply.text), "request_id": reply.request_id}


def _first_answer(answer: dict[str, Any] | None) -> Reply:
    first = answer or {}
    return Reply(restored(first.get("said", first.get("text"))), str(first.get("request_id", "")))
