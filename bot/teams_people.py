"""dialogs.chat.People for Teams: (tenant, Entra object id) -> exactly one Okta person, or none.

The object id is the identity; the address that Teams gives for it is only what Okta is searched by, and what is found
must equal it. Guests, people of other tenants and bots are not served (security brief, I3, T12).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from botbuilder.core import TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.core.teams import TeamsInfo
from botbuilder.schema import ChannelAccount, ConversationAccount, ConversationReference
from msrest.exceptions import ClientException

from bot.binding import bound
from bot.teams_chat import PLATFORM, TeamsChat
from bot.teams_inbound import Sender
from cards.text import one_line
from dialogs.chat import Bind, Bound, Identity, Profile, Unreachable
from integrations.base import Directory, Missing, SystemFault, Unavailable
from storage import conversations
from storage.models import Conversation

log = structlog.get_logger(__name__)
KEPT_SECONDS: Final = 600.0
MOST_KEPT: Final = 20_000


@dataclass
class TeamsPeople:
    """Over the members of conversations, by TeamsInfo. `tenants` are those that are let in, in lower case."""

    adapter: CloudAdapterBase
    chat: TeamsChat
    directory: Directory | None
    tenants: frozenset[str]
    app_id: str
    zone: str = "UTC"
    _kept: dict[Identity, tuple[float, Profile]] = field(default_factory=dict)
    _met: dict[Identity, tuple[str, ...]] = field(default_factory=dict)

    async def met(self, by: Sender, *, personal: bool | None = None) -> None:
        """Keeps where somebody is spoken to, from an activity of theirs; writes only what is new."""
        private = by.personal if personal is None else personal
        told = (by.service_url, by.conversation, str(private), by.account, by.bot, by.locale, by.zone)
        if self._met.get(by.who) == told:
            return
        seen = {"service_url": by.service_url, "seen_in": by.conversation, "account": by.account}
        seen |= {"conversation": by.conversation} if private else {}
        seen |= {name: value for name, value in (("bot", by.bot), ("locale", by.locale), ("zone", by.zone)) if value}
        await conversations.remember(PLATFORM, by.who.tenant, by.who.user, **seen)
        if len(self._met) >= MOST_KEPT:
            self._met.clear()
        self._met[by.who] = told

    async def left(self, who: Identity) -> None:
        """The app was removed for them."""
        self._met.pop(who, None)
        if await conversations.of(PLATFORM, who.tenant, who.user) is not None:
            # Without the address they are not asked for reviews there; it is learnt again when they come back.
            await conversations.remember(PLATFORM, who.tenant, who.user, conversation="", email="")

    def known(self, who: Identity) -> Profile | None:
        """What was remembered; never asks."""
        kept = self._kept.get(who)
        return kept[1] if kept and time.monotonic() - kept[0] < KEPT_SECONDS else None

    async def profile(self, who: Identity, *, fresh: bool = False) -> Profile | None:
        if not fresh and (kept := self.known(who)) is not None:
            return kept
        try:
            return await self._ask(who)
        except (SystemFault, Unreachable):
            return None

    async def verified(self, who: Identity) -> Bound:
        try:
            profile = await self._ask(who)
        except SystemFault as fault:
            return Bound(Bind.UNKNOWN, why=f"Teams: {fault.reason}")
        except Unreachable as why:
            return Bound(Bind.UNKNOWN, why=f"Teams: {why}")
        return await bound(profile, self.directory, "Teams")

    async def locate(self, email: str) -> tuple[Identity, ...]:
        """Somebody for whom the app is installed, or who wrote to it: Teams is not asked for an address, it is remembered.

        () when nobody has it, and when several have. What it says of them is asked again before it is relied on. The 1:1
        conversation of somebody who wrote in a channel only is made when something is posted (`TeamsChat.conversation`).
        """
        rows = [row for row in await conversations.with_email(PLATFORM, email) if row.tenant in self.tenants]
        return (Identity(PLATFORM, rows[0].tenant, rows[0].platform_user),) if len(rows) == 1 else ()

    async def _ask(self, who: Identity) -> Profile:
        """Raises SystemFault, Unreachable."""
        if who.platform != PLATFORM or who.tenant not in self.tenants:
            return Profile("", "", outside="somebody of another tenant")
        row = await conversations.of(PLATFORM, who.tenant, who.user)
        if row is None or not (row.seen_in or row.conversation):
            row = await self.chat.conversation(who)
        try:
            member = await self._member(row, who)
        except Missing:
            return await self._remember(who, row, Profile("", "", outside="not a member of this conversation"))
        return await self._remember(who, row, self._read(member, row, who))

    async def _member(self, row: Conversation, who: Identity) -> Any:
        """A TeamsChannelAccount. Raises SystemFault."""
        found: list[Any] = []

        async def look(context: TurnContext) -> None:
            # TeamsInfo unpacks the channel's data without looking whether a proactive turn has any (sdk 4.17.1).
            context.activity.channel_data = {}
            found.append(await TeamsInfo.get_member(context, row.account or who.user))

        reference = ConversationReference(
            bot=ChannelAccount(id=row.bot or f"28:{self.app_id}"),
            conversation=ConversationAccount(id=row.conversation or row.seen_in),
            channel_id="msteams",
            service_url=row.service_url,
        )
        try:
            await self.adapter.continue_conversation(reference, look, self.app_id)
        except (ClientException, TypeError, ValueError, AttributeError) as error:
            raise Unavailable("Teams", "its answer about a person could not be read") from error
        return found[0]

    def _read(self, member: Any, row: Conversation, who: Identity) -> Profile:
        """Raises Unavailable when the answer is about somebody else."""
        given = str(member.aad_object_id or (member.additional_properties or {}).get("objectId") or "").lower()
        if given and given != who.user:
            raise Unavailable("Teams", "its answer is about somebody else")
        email = str(member.email or member.user_principal_name or "")
        return Profile(
            email=email if "@" in email and "#ext#" not in email.lower() else "",
            name=one_line(str(member.name or ""), 200),
            locale=row.locale or "en",
            zone=row.zone or self.zone,
            outside=self._outside(member, who),
        )

    def _outside(self, member: Any, who: Identity) -> str:
        role = str(member.user_role or member.role or "").lower()
        if role in {"guest", "anonymous"} or "#ext#" in str(member.user_principal_name or "").lower():
            return "a guest"
        if role == "bot" or str(member.id or "").startswith("28:"):
            return "a bot"
        tenant = str(member.tenant_id or "").lower()
        return "somebody of another tenant" if tenant and tenant != who.tenant else ""

    async def _remember(self, who: Identity, row: Conversation, profile: Profile) -> Profile:
        email = "" if profile.outside else profile.email.lower()
        if email != row.email:
            await conversations.remember(PLATFORM, who.tenant, who.user, email=email)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[who] = (time.monotonic(), profile)
        return profile
