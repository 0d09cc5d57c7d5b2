"""What a requester's buttons do. Who presses is the platform's signed id; the picture says only of which request it is.

Every function runs inside the transaction of its delivery (`Desk.press`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agent.facts import Identity as Standing
from cards.words import say
from dialogs import review, rounds
from dialogs.chat import Press, Reply
from dialogs.errors import Declined, NotFound
from dialogs.lifecycle import TERMINAL, Status, Verb
from dialogs.own import Asker, asked_here
from dialogs.record import AGENT, ASSIGN, DEFAULT_WINDOW_SECONDS, amend, event, move
from dialogs.services import Services
from storage import audit, effects, freezes, jobs, pictures, requests
from storage.audit import NewEvent
from storage.models import Picture, Request

ACCOUNT = {"kind": "account", "id": "", "label": "Okta account"}
"""The choice that names the account itself; the card offers it beside the person's own applications."""
CONFIRM = "confirm"
"""The surface of the identity check of somebody who did not ask themselves."""
DETAIL = "detail"
"""The surface of a requester's own request in full, which they may open on another platform than they asked on."""
FROM_ELSEWHERE = frozenset({"cancel", "not_me", "talk_to_it", "didnt_get_it"})
"""What its buttons ask. Questions and the identity check stay where the request was made."""
REVIEW = frozenset({"approve", "reject", "return"})
ALERT = "alert"
"""The job that tells the fallback owner of something that cannot wait."""


async def press(services: Services, pressed: Press, asker: Asker) -> Reply:
    """`asker` is who presses. Raises Declined with the sentence for them; nothing has changed then."""
    picture = await pictures.by_nonce(pressed.nonce)
    request = await requests.get(picture.request_id) if picture else None
    if picture is None or request is None:
        raise NotFound(say("That button is out of date. Say “status” to see where your requests stand."))
    if pressed.verb in REVIEW:
        return await _review(request, picture, pressed)
    target = picture.surface == CONFIRM and pressed.verb in ("not_me", "no_phone")
    mine = asker.asked(request) if pressed.verb in FROM_ELSEWHERE else asked_here(request, pressed.who)
    if picture.audience != str(pressed.who) or not (target or mine):
        raise Declined(say("Only the person who asked can use that button."))
    match pressed.verb:
        case "cancel":
            return await _cancel(request, asker)
        case "not_me":
            return await _not_me(services, request, asker)
        case "no_phone":
            return await _no_phone(services, request, str(pressed.who))
        case "choose":
            return await _choose(services, request, pressed.value)
        case "talk_to_it":
            return _talk_to_it(services, request)
        case "didnt_get_it":
            return _didnt_get_it(services, request)
        case _:
            raise Declined(say("I don't know that button. Say “help” to see what I can do."))


async def _review(request: Request, picture: Picture, pressed: Press) -> Reply:
    """A reviewer's word is kept for the worker, which looks up who they are; a round that is over is said at once."""
    over = rounds.stale(request, picture.round)
    if over is not None:
        return Reply(rounds.said_already(request, over), request.request_id)
    await jobs.put(
        review.DECIDE,
        request.request_id,
        payload={
            "who": str(pressed.who),
            "verb": pressed.verb,
            "nonce": pressed.nonce,
            "round": picture.round,
            "seen": picture.shown,
            "channel": pressed.channel,
            "said": pressed.said,
        },
    )
    return Reply("", request.request_id)


async def cancel_by_name(asker: Asker, request_id: str) -> Reply:
    """`cancel IT-…`: the requester alone; an unknown and a foreign reference get the same words."""
    request = await requests.get(request_id)
    if request is None or not asker.asked(request):
        raise NotFound(say("I don't see a request {reference} of yours. Say “status” to see your requests.", reference=request_id))
    return await _cancel(request, asker)


def _elsewhere(request: Request, asker: Asker) -> dict[str, bool]:
    """Said of an event whose actor is the requester under another identity of theirs, so that readers see their name."""
    return {"requester": True} if asker.asked(request) and not asked_here(request, asker.who) else {}


async def _cancel(request: Request, asker: Asker) -> Reply:
    ref, actor = request.request_id, str(asker.who)
    if Status(request.status) in TERMINAL:
        raise Declined(say("{reference} is finished already. There is nothing to cancel.", reference=ref))
    if ((request.verdict or {}).get("decided") or {}).get("decision") == "Approved":
        raise Declined(say("{reference} has been decided already, so it can't be withdrawn.", reference=ref))
    if await effects.unfinished(ref):
        raise Declined(say("{reference} is being carried out right now, so it can't be cancelled any more.", reference=ref))
    await move(
        request,
        Verb.CANCEL,
        actor=actor,
        rationale="Withdrawn by the requester.",
        events=[event(request, audit.MESSAGE, actor, kind="withdrawn", **_elsewhere(request, asker))],
    )
    return Reply(say("{reference} is cancelled. Nothing was changed.", reference=ref), ref)


async def _not_me(services: Services, request: Request, asker: Asker) -> Reply:
    """Freezes the account first; then the open request escalates, or a new one is opened that refers to it (rulings, row 14)."""
    account, actor = request.target_okta_id or request.okta_id, str(asker.who)
    denied = event(request, audit.MESSAGE, actor, kind="not_me", security=True, **_elsewhere(request, asker))
    if account:
        await freezes.freeze(account, account_email(request), request.request_id)
    if Status(request.status) in TERMINAL:
        await _report(services, request, actor, denied)
    elif request.status == Status.ESCALATED:
        await amend(request, priority="High", events=[denied], identity=_standing(request, Standing.DENIED))
        await jobs.put(ALERT, request.request_id, key=f"{ALERT}:{request.request_id}")
    else:
        waiting = request.status == Status.WAITING
        identity = _standing(request, Standing.DENIED)
        if waiting:
            await move(request, Verb.ANSWER, actor=actor, events=[denied], identity=identity, question=None, advance_at=services.now())
        else:
            await amend(request, events=[denied], identity=identity, advance_at=services.now())
    said = say("Thank you for telling me. I've stopped this and told IT. Nobody can use me to reset your password for now.")
    return Reply(said, request.request_id)


def account_email(request: Request) -> str:
    """The address of the account that is to be reset."""
    return request.on_behalf if request.on_behalf and request.target_okta_id not in ("", request.okta_id) else request.requester


async def _report(services: Services, request: Request, actor: str, denied: NewEvent) -> None:
    """A finished request does not change: a new Escalated / High one refers to it (rulings, closed_at)."""
    key = f"{actor}:not-me:{request.request_id}"
    open_one = await requests.open_for(key)
    if open_one is not None:
        return
    report = await requests.create(
        requester=request.requester,
        summary=f"“This wasn't me” on {request.request_id}.",
        target_record=request.target_record,
        status=Status.ESCALATED.value,
        priority="High",
        decision="Escalated",
        rationale=f"The requester says that {request.request_id} was not theirs. Resets of the account are frozen.",
        platform=request.platform,
        tenant=request.tenant,
        platform_user=request.platform_user,
        channel=request.channel,
        intake="report",
        open_key=key,
        okta_id=request.okta_id,
        target_okta_id=request.target_okta_id,
        requester_name=request.requester_name,
        app_kind=request.app_kind,
        app_id=request.app_id,
        app_label=request.app_label,
        owner=services.house.fallback_owner,
        rule="14",
        identity={"state": Standing.DENIED.value},
        round=1,
        verdict={"verdict": {"rule": "14", "outcome": "escalate", "effect": None}},
    )
    await audit.append(
        [
            denied,
            event(report, audit.MESSAGE, actor, kind="not_me", refers_to=request.request_id, security=True),
            event(report, audit.ESCALATION, AGENT, reason=report.rationale, rule="14", next_owner=report.owner, priority="High"),
        ]
    )
    ref = report.request_id
    await jobs.put(ASSIGN, ref, key=f"{ASSIGN}:{ref}:{report.round}", payload={"round": report.round})
    await jobs.put("paint", ref, key=f"paint:{ref}")
    await jobs.put("ticket", ref, key=f"ticket:{ref}")
    await jobs.put(ASSIGN, ref, key=f"{ASSIGN}:{ref}:1", payload={"round": 1})


async def _no_phone(services: Services, request: Request, actor: str) -> Reply:
    if request.status != Status.WAITING or not request.identity:
        raise Declined(say("{reference} isn't waiting for your phone any more.", reference=request.request_id))
    await move(
        request,
        Verb.ANSWER,
        actor=actor,
        identity=_standing(request, Standing.FAILED),
        advance_at=services.now(),
        events=[event(request, audit.MESSAGE, actor, kind="no_phone")],
    )
    return Reply("", request.request_id)


async def _choose(services: Services, request: Request, value: str) -> Reply:
    question = request.question or {}
    options = list(question.get("options", []))
    if question.get("open") and request.status == Status.WAITING:
        if value == "other":
            return Reply(say("Please type its name here."), request.request_id)
        if value == "account":
            options, value = [ACCOUNT], "0"
    if request.status != Status.WAITING or not question.get("open") or not value.isdigit() or int(value) >= len(options):
        raise Declined(say("{reference} isn't waiting for that answer any more.", reference=request.request_id))
    option = options[int(value)]
    actor = f"{request.platform}:{request.tenant}:{request.platform_user}"
    await answered(services, request, actor, str(option["label"]), option)
    return Reply("", request.request_id)


async def answered(services: Services, request: Request, actor: str, text: str, option: dict[str, Any] | None) -> Request:
    """Takes an answer to the open question: a picked option, or words that triage will read."""
    if (request.question or {}).get("kind") == "reviewer":
        return await _answered_reviewer(services, request, actor, text)
    question = dict(request.question or {})
    question.update(open=False, chosen=text, answers=[*question.get("answers", []), text])
    columns: dict[str, Any] = {"question": question}
    if option is not None and option.get("kind"):
        columns |= {
            "app_kind": option["kind"],
            "app_id": option.get("id", ""),
            "app_label": option["label"],
            "target_record": option["label"],
        }
    return await move(
        request,
        Verb.ANSWER,
        actor=actor,
        advance_at=services.now(),
        due_at=None,
        events=[event(request, audit.MESSAGE, actor, kind="answer", text=text)],
        **columns,
    )


async def _answered_reviewer(services: Services, request: Request, actor: str, text: str) -> Request:
    """The requester answered what a reviewer asked (Return): a new round opens, and the cards of the old one are dead."""
    kept = {**(request.verdict or {})}
    asked = str((request.question or {}).get("asked", ""))
    told = {"asked": asked, "answer": text, "by": kept.pop("returned_by", ""), "round": request.round}
    kept["history"] = [*kept.get("history", []), told]
    question = {**(request.question or {}), "open": False, "chosen": text, "answers": [*(request.question or {}).get("answers", []), text]}
    return await move(
        request,
        Verb.ESCALATE,
        actor=actor,
        question=question,
        verdict=kept,
        due_at=services.now() + timedelta(seconds=float(kept.get("window_seconds") or DEFAULT_WINDOW_SECONDS)),
        events=[event(request, audit.MESSAGE, actor, kind="answer", text=text, asked=asked)],
    )


def _talk_to_it(services: Services, request: Request) -> Reply:
    whom = {"owner": services.house.fallback_owner, "reference": request.request_id}
    return Reply(say("To reach a person, write to {owner} and give the reference {reference}.", **whom), request.request_id)


def _didnt_get_it(services: Services, request: Request) -> Reply:
    said = say(
        "The mail goes to the address on your account and can take a few minutes; please look in the spam folder too. "
        "If it is still not there after ten minutes, write to {owner} and give the reference {reference}.",
        owner=services.house.fallback_owner,
        reference=request.request_id,
    )
    return Reply(said, request.request_id)


def _standing(request: Request, standing: Standing) -> dict[str, Any]:
    return {**(request.identity or {}), "state": standing.value}
