"""Reviewers and administrators in Teams: reason forms and details as dialogs, the queue and the admin view as live cards.

What decides is written down by the desk; rights are looked up by the worker, or here before something is shown.
Teams has no Home page: "queue" gives the reviewer's card, "admin" the administrator's, each redrawn in place.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from bot import reset_answers
from bot.teams_form import TeamsForm
from bot.teams_people import TeamsPeople
from bot.teams_views import Again
from cards import admin as admin_cards
from cards import admin_forms, detail, own_detail, queue, review_forms
from cards.adaptive import Pressed
from cards.card import Card
from cards.form import Filled, Form, Page
from cards.views_review import DecidedView, DetailView, QueueFilter, ReviewFormView
from cards.words import Words, say
from dialogs import admin, rounds, worded
from dialogs import detail as details
from dialogs import queue as queues
from dialogs.chat import Bind, Identity, Press
from dialogs.desk import Desk
from dialogs.errors import Declined
from dialogs.policy_in_force import PolicyShelf
from dialogs.rights import NOT_NOW, NOT_YOURS
from dialogs.services import Services
from integrations.base import Account, Health
from storage import pictures, policies, requests
from storage.models import Picture, Request

QUEUE: Final = re.compile(r"^\s*(?:queue|review queue|reviews)\s*[.!]?\s*$", re.IGNORECASE)
ADMIN: Final = re.compile(r"^\s*(?:admin|health)\s*[.!]?\s*$", re.IGNORECASE)
_DECIDE: Final = frozenset({"approve", "reject", "return"})


@dataclass
class TeamsReview:
    """bot.teams_views.Views."""

    services: Services
    desk: Desk
    shelf: PolicyShelf
    people: TeamsPeople
    form: TeamsForm
    health: Callable[[], Awaitable[tuple[Health, ...]]]

    def knows(self, text: str) -> bool:
        return bool(QUEUE.match(text) or ADMIN.match(text))

    async def said(self, who: Identity, text: str) -> Card:
        return await self._queue(who, QueueFilter()) if QUEUE.match(text) else await self._admin(who)

    async def opened(self, who: Identity, pressed: Pressed) -> Form | Page | Card | None:
        match pressed.verb:
            case verb if verb in _DECIDE:
                return await self._reason(who, pressed)
            case "details" | "open" | "section":
                return await self._detail(who, pressed)
            case queue.VERB:
                return await self._queue(who, queue.read(pressed.value))
            case "pause" | "resume" | "try_case" | "unfreeze" | "policy_difference" | "policy_accept":
                return await self._administer(who, pressed)
            case _:
                return None

    # ------------------------------------------------------------ deciding

    async def _pictured(self, nonce: str) -> tuple[Picture, Request] | None:
        picture = await pictures.by_nonce(nonce) if nonce else None
        request = await requests.get(picture.request_id) if picture else None
        return (picture, request) if picture is not None and request is not None else None

    async def _reason(self, who: Identity, pressed: Pressed) -> Form | Page | None:
        """Reject and Return always ask for words; Approve where the approver says how they verified the person."""
        found = await self._pictured(pressed.nonce)
        if found is None:
            return None
        picture, request = found
        words = await self.form.words(who)
        over = rounds.stale(request, picture.round)
        if over is not None:
            return review_forms.decided_view(DecidedView(request.request_id, over.decision, over.by, over.at), words)
        if pressed.verb == "approve" and not rounds.attests(request):
            return None
        return self._form(pressed.verb, request, pressed.nonce, words)

    def _form(self, verb: str, request: Request, nonce: str, words: Words) -> Form:
        made = {"reject": review_forms.reject_form, "return": review_forms.return_form, "approve": review_forms.attest_form}[verb]
        name = request.requester_name or request.requester
        view = ReviewFormView(request.request_id, name, worded.target(request), on_behalf_of=request.on_behalf, nonce=nonce)
        return made(view, words)

    async def filled(self, who: Identity, filled: Filled, delivery: str) -> Again | Form | Page | Card | str:
        words = await self.form.words(who)
        if filled.kind in (admin_forms.PAUSE, admin_forms.UNFREEZE, admin_forms.TRY):
            return await self._admin_form(who, filled, words)
        verbs = {review_forms.REJECT: "reject", review_forms.RETURN: "return", review_forms.ATTEST: "approve"}
        found = await self._pictured(filled.nonce)
        if filled.kind not in verbs or found is None:
            raise Declined(NOT_YOURS)
        picture, request = found
        over = rounds.stale(request, picture.round)
        if over is not None:
            seen = DecidedView(request.request_id, over.decision, over.by, over.at, had_text=True)
            return review_forms.decided_view(seen, words)
        wrong = review_forms.faults(filled, words)
        if wrong:
            return Again(reset_answers.kept(self._form(verbs[filled.kind], request, filled.nonce, words), filled), wrong)
        values = filled.values
        said = {
            "reason": values.get(review_forms.REASON, "") or values.get(review_forms.QUESTION, ""),
            "note": values.get(review_forms.NOTE, ""),
            "how": values.get(review_forms.HOW, ""),
            "why_not": values.get(review_forms.WHY_NOT, ""),
        }
        said = {name: value.strip() for name, value in said.items() if value.strip()}
        reply = await self.desk.press(Press(delivery, who, verbs[filled.kind], filled.nonce, said=said))
        return reply.text

    # ------------------------------------------------------------ looking

    async def _account(self, who: Identity) -> Account:
        """The Okta account of whoever looks, found anew; Declined when there is not exactly one."""
        bound = await self.people.verified(who)
        if bound.bind is Bind.UNKNOWN:
            raise Declined(NOT_NOW)
        if bound.account is None:
            raise Declined(NOT_YOURS)
        return bound.account

    async def _detail(self, who: Identity, pressed: Pressed) -> Page:
        account = await self._account(who)
        request_id = pressed.value if pressed.verb == "open" else ""
        if not request_id:
            found = await self._pictured(pressed.nonce)
            request_id = found[1].request_id if found else ""
        view = await details.detail_for(self.services, account, who, request_id)
        words = await self.form.words(who)
        section, page = detail.place(pressed.value) if pressed.verb == "section" else ("summary", 1)
        if isinstance(view, DetailView):
            return detail.detail(view, words, section, page)
        return own_detail.own_detail(view, words, section, page)

    async def _queue(self, who: Identity, chosen: QueueFilter) -> Card:
        account = await self._account(who)
        words = await self.form.words(who)
        view = await queues.queue_view(self.services, account, self._is_admin(account), chosen)
        if view is None:
            raise Declined(say("Nothing is waiting for you."))
        title = words.gettext("Review queue")
        return Card(summary=title, title="", body=queue.queue(view, words))

    # ------------------------------------------------------------ administration

    def _is_admin(self, account: Account) -> bool:
        return account.email.casefold() in self.services.house.admins

    async def _administrator(self, who: Identity) -> Account:
        account = await self._account(who)
        if not self._is_admin(account):
            raise Declined(admin.NOT_ADMIN)
        return account

    async def _admin(self, who: Identity) -> Card:
        await self._administrator(who)
        words = await self.form.words(who)
        view = await admin.admin_view(self.services, self.shelf, await self.health())
        return Card(summary=words.gettext("Health"), title="", body=admin_cards.admin(view, words))

    async def _administer(self, who: Identity, pressed: Pressed) -> Form | Page | Card:
        account = await self._administrator(who)
        words = await self.form.words(who)
        match pressed.verb:
            case "pause":
                return admin_forms.pause_form(words)
            case "try_case":
                return admin_forms.try_case_form(words)
            case "unfreeze":
                return admin_forms.unfreeze_form(await admin.frozen(pressed.value), words, pressed.value)
            case "policy_difference":
                return admin_forms.policy_difference(await admin.difference(self.shelf, pressed.value), words)
            case "resume":
                await admin.resume(self.services, account.email)
            case _:
                row = await policies.get(pressed.value)
                await self.shelf.accept(row.revision if row else pressed.value, account.email, self.services.house.admins)
        return await self._admin(who)

    async def _admin_form(self, who: Identity, filled: Filled, words: Words) -> Again | Page | Card:
        account = await self._administrator(who)
        values: dict[str, Any] = {name: value.strip() for name, value in filled.values.items()}
        wrong = admin_forms.faults(filled, words)
        if wrong:
            return Again(reset_answers.kept(await self._admin_form_again(filled, words), filled), wrong)
        match filled.kind:
            case admin_forms.PAUSE:
                await admin.pause(self.services, account.email, values[admin_forms.REASON])
            case admin_forms.UNFREEZE:
                await admin.unfreeze(filled.nonce, account.email, values[admin_forms.REASON])
            case _:
                requester, target = values[admin_forms.REQUESTER], values.get(admin_forms.TARGET, "")
                result = await admin.try_case(requester, target, values.get(admin_forms.APPLICATION, ""), self.services, account.email)
                return admin_forms.try_result(result, words)
        return await self._admin(who)

    async def _admin_form_again(self, filled: Filled, words: Words) -> Form:
        if filled.kind == admin_forms.PAUSE:
            return admin_forms.pause_form(words)
        if filled.kind == admin_forms.UNFREEZE:
            return admin_forms.unfreeze_form(await admin.frozen(filled.nonce), words, filled.nonce)
        return admin_forms.try_case_form(words)
