"""Reviewers and administrators in Slack: cards, reason forms, queue, detail, admin view. Payload in, desk or view out.

What decides is written down and acknowledged first; rights are looked up by the worker, or here before something
is shown. A form opens within the life of its trigger; whether its reader may decide is asked when it is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.people import SlackPeople
from bot.slack_faults import FAULTS, message_fault
from bot.slack_form import SlackForm
from cards import admin_forms, block_kit, detail, home, own_detail, queue, review_forms
from cards.block_kit import Pressed
from cards.form import Filled, Form, Page
from cards.views import HomeView
from cards.views_review import DecidedView, DetailView, OwnDetailView, QueueFilter, ReviewFormView
from cards.words import Words
from dialogs import admin, deciding, own, rounds, views_of, worded
from dialogs import detail as details
from dialogs import queue as queues
from dialogs.chat import Bind, Identity, Press
from dialogs.desk import Desk
from dialogs.errors import Declined
from dialogs.policy_in_force import PolicyShelf
from dialogs.rights import NOT_NOW, NOT_YOURS
from dialogs.services import Services
from integrations.base import Account, Health
from storage import moments, pictures, policies, requests

log = structlog.get_logger(__name__)
OWN = 10
VERBS = frozenset(
    {
        "approve",
        "reject",
        "return",
        "details",
        "open",
        "section",
        queue.VERB,
        "pause",
        "resume",
        "try_case",
        "policy_difference",
        "policy_accept",
        "unfreeze",
    }
)
FORMS = frozenset({review_forms.REJECT, review_forms.RETURN, review_forms.ATTEST, admin_forms.PAUSE, admin_forms.UNFREEZE, admin_forms.TRY})


@dataclass
class SlackReview:
    client: AsyncWebClient
    services: Services
    desk: Desk
    shelf: PolicyShelf
    people: SlackPeople
    form: SlackForm
    health: Callable[[], Awaitable[tuple[Health, ...]]]

    # ------------------------------------------------------------ buttons

    async def press(self, who: Identity, pressed: Pressed, delivery: str) -> str:
        """What a button of this side does, save what takes a network call (`follow`). Answers what the presser is told at once."""
        if pressed.verb in ("approve", "reject", "return") and not await self._needs_form(pressed):
            reply = await self.desk.press(Press(delivery, who, pressed.verb, pressed.nonce, pressed.value, pressed.channel))
            return reply.text
        return ""

    async def _needs_form(self, pressed: Pressed) -> bool:
        """Reject and Return always; Approve where the approver says how they verified the person."""
        picture = await pictures.by_nonce(pressed.nonce)
        request = await requests.get(picture.request_id) if picture else None
        if request is None or picture is None or rounds.stale(request, picture.round) is not None:
            return False
        return pressed.verb != "approve" or rounds.attests(request)

    async def follow(self, who: Identity, pressed: Pressed) -> None:
        """What a button shows: a form, a page, the Home tab. Runs beside the acknowledgement."""
        try:
            match pressed.verb:
                case "approve" | "reject" | "return":
                    await self._open_form(who, pressed)
                case "details" | "open" | "section":
                    await self._detail(who, pressed)
                case queue.VERB:
                    await self.publish(who, queue.read(pressed.value))
                case _:
                    await self._administer(who, pressed)
        except Declined as no:
            await deciding.answer(self.services, who, pressed.channel, no.text)
        except FAULTS as error:
            log.warning("a view could not be shown", who=str(who), why=str(message_fault(error)))

    async def _open_form(self, who: Identity, pressed: Pressed) -> None:
        if not await self._needs_form(pressed):
            return
        picture = await pictures.by_nonce(pressed.nonce)
        request = await requests.get(picture.request_id) if picture else None
        if request is None:
            return
        words = await self.form.reader(who)
        view = ReviewFormView(
            request.request_id,
            request.requester_name or request.requester,
            worded.target(request),
            on_behalf_of=request.on_behalf,
            nonce=pressed.nonce,
        )
        made = {"reject": review_forms.reject_form, "return": review_forms.return_form, "approve": review_forms.attest_form}[pressed.verb]
        await self._show(pressed, made(view, words))

    async def _show(self, pressed: Pressed, shown: Form | Page) -> None:
        """On top of the modal that was pressed in, or a new one."""
        view = block_kit.modal(shown) if isinstance(shown, Form) else block_kit.page_modal(shown)
        if pressed.view_kind and pressed.view_kind != "home":
            await self.client.views_push(trigger_id=pressed.trigger_id, view=view)
        else:
            await self.client.views_open(trigger_id=pressed.trigger_id, view=view)

    # ------------------------------------------------------------ detail

    async def _detail(self, who: Identity, pressed: Pressed) -> None:
        account = await self._account(who)
        request_id = pressed.value if pressed.verb == "open" else ""
        if not request_id:
            picture = await pictures.by_nonce(pressed.metadata if pressed.verb == "section" else pressed.nonce)
            request_id = picture.request_id if picture else ""
        view = await details.detail_for(self.services, account, who, request_id)
        section, page = detail.place(pressed.value) if pressed.verb == "section" else ("summary", 1)
        shown = self._page(view, self.form.words(who), section, page)
        if pressed.verb == "section":
            await self.client.views_update(view_id=pressed.view_id, hash=pressed.view_hash or None, view=block_kit.page_modal(shown))
        else:
            await self._show(pressed, shown)

    def _page(self, view: DetailView | OwnDetailView, words: Words, section: Any, page: int) -> Page:
        if isinstance(view, DetailView):
            return detail.detail(view, words, section, page)
        return own_detail.own_detail(view, words, section, page)

    async def _account(self, who: Identity) -> Account:
        """The Okta account of whoever looks, found anew; Declined when there is not exactly one."""
        bound = await self.people.verified(who)
        if bound.bind is Bind.UNKNOWN:
            raise Declined(NOT_NOW)
        if bound.account is None:
            raise Declined(NOT_YOURS)
        return bound.account

    # ------------------------------------------------------------ forms that come back

    async def filled(self, who: Identity, filled: Filled, delivery: str) -> dict[str, Any]:
        """Takes a form of this side; answers what the acknowledgement says: errors beside their fields, another view, or nothing."""
        words = await self.form.reader(who)
        if filled.kind in (admin_forms.PAUSE, admin_forms.UNFREEZE, admin_forms.TRY):
            return await self._admin_form(who, filled, words)
        wrong = review_forms.faults(filled, words)
        if wrong:
            return block_kit.form_errors(wrong)
        picture = await pictures.by_nonce(filled.nonce)
        request = await requests.get(picture.request_id) if picture else None
        over = rounds.stale(request, picture.round) if request and picture else None
        if request is not None and over is not None:
            seen = DecidedView(request.request_id, over.decision, over.by, over.at, had_text=True)
            return block_kit.instead(review_forms.decided_view(seen, words))
        verb = {review_forms.REJECT: "reject", review_forms.RETURN: "return", review_forms.ATTEST: "approve"}[filled.kind]
        values = filled.values
        said = {
            "reason": values.get(review_forms.REASON, "") or values.get(review_forms.QUESTION, ""),
            "note": values.get(review_forms.NOTE, ""),
            "how": values.get(review_forms.HOW, ""),
            "why_not": values.get(review_forms.WHY_NOT, ""),
        }
        said = {name: value.strip() for name, value in said.items() if value.strip()}
        try:
            await self.desk.press(Press(delivery, who, verb, filled.nonce, said=said))
        except Declined as no:
            return block_kit.form_errors({next(iter(values), review_forms.NOTE): words.said(no.text)})
        return {}

    # ------------------------------------------------------------ Home

    async def publish(self, who: Identity, chosen: QueueFilter | None = None) -> None:
        """The Home tab: the person's own requests, and for those who decide the queue and the admin view."""
        profile = await self.people.profile(who)
        if profile is not None and profile.outside:
            log.warning("security: ignored", reason=profile.outside, who=str(who))
            return
        bound = await self.people.verified(who)
        asked = await own.bound(who, bound).newest(OWN)
        now = moments.now()
        name = profile.name.split(" ")[0] if profile else ""
        mine = HomeView(name=name, requests=tuple(views_of.line(r, now) for r in asked), updated_at=now)
        waiting, administration = None, None
        if bound.account is not None:
            is_admin = bound.account.email.casefold() in self.services.house.admins
            try:
                waiting = await queues.queue_view(self.services, bound.account, is_admin, chosen or QueueFilter())
            except Declined as no:
                log.warning("the queue cannot be shown", why=no.text)
            if is_admin:
                administration = await admin.admin_view(self.services, self.shelf, await self.health())
        await self.services.chat.home(who, home.page(mine, self.form.words(who), review=waiting, administration=administration))

    # ------------------------------------------------------------ administration

    async def _administrator(self, who: Identity) -> Account:
        account = await self._account(who)
        if account.email.casefold() not in self.services.house.admins:
            raise Declined(admin.NOT_ADMIN)
        return account

    async def _administer(self, who: Identity, pressed: Pressed) -> None:
        account = await self._administrator(who)
        words = self.form.words(who)
        match pressed.verb:
            case "pause":
                await self._show(pressed, admin_forms.pause_form(words))
                return
            case "try_case":
                await self._show(pressed, admin_forms.try_case_form(words))
                return
            case "unfreeze":
                await self._show(pressed, admin_forms.unfreeze_form(await admin.frozen(pressed.value), words, pressed.value))
                return
            case "policy_difference":
                await self._show(pressed, admin_forms.policy_difference(await admin.difference(self.shelf, pressed.value), words))
                return
            case "resume":
                await admin.resume(self.services, account.email)
            case "policy_accept":
                row = await policies.get(pressed.value)
                await self.shelf.accept(row.revision if row else pressed.value, account.email, self.services.house.admins)
        await self.publish(who)

    async def _admin_form(self, who: Identity, filled: Filled, words: Words) -> dict[str, Any]:
        wrong = admin_forms.faults(filled, words)
        if wrong:
            return block_kit.form_errors(wrong)
        first = next(iter(filled.values), "reason")
        try:
            account = await self._administrator(who)
            values = {name: value.strip() for name, value in filled.values.items()}
            match filled.kind:
                case admin_forms.PAUSE:
                    await admin.pause(self.services, account.email, values[admin_forms.REASON])
                case admin_forms.UNFREEZE:
                    await admin.unfreeze(filled.nonce, account.email, values[admin_forms.REASON])
                case _:
                    result = await admin.try_case(
                        values[admin_forms.REQUESTER],
                        values.get(admin_forms.TARGET, ""),
                        values.get(admin_forms.APPLICATION, ""),
                        self.services,
                        account.email,
                    )
                    return block_kit.instead(admin_forms.try_result(result, words))
        except Declined as no:
            return block_kit.form_errors({first: words.said(no.text)})
        await self.publish(who)
        return {}
