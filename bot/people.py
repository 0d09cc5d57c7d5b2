"""(platform, tenant, user id) -> exactly one Okta person, or none.

The platform's id is the identity; its e-mail is only what Okta is searched by, and what is found must equal it.
Names never decide. People from outside the workspace, guests and bots are not served (security brief, I3, T12).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.binding import bound
from bot.slack_faults import FAULTS, code_of, named_fault
from dialogs.chat import Bind, Bound, Identity, Profile
from integrations.base import Directory, SystemFault, Unavailable

KEPT_SECONDS = 600.0
MOST_KEPT = 20_000
PATIENCE = 5.0


@dataclass
class SlackPeople:
    """dialogs.chat.People over users.info and users.lookupByEmail. `team_ids` are the workspaces that are let in."""

    client: AsyncWebClient
    directory: Directory | None
    team_ids: frozenset[str]
    bot_user: str = ""
    _kept: dict[Identity, tuple[float, Profile]] = field(default_factory=dict)
    _located: dict[str, tuple[float, Identity | None]] = field(default_factory=dict)

    def known(self, who: Identity) -> Profile | None:
        """What was remembered; never asks."""
        kept = self._kept.get(who)
        return kept[1] if kept and time.monotonic() - kept[0] < KEPT_SECONDS else None

    async def profile(self, who: Identity, *, fresh: bool = False) -> Profile | None:
        if not fresh and (kept := self.known(who)) is not None:
            return kept
        try:
            return await self._ask(who)
        except SystemFault:
            return None

    async def verified(self, who: Identity) -> Bound:
        try:
            profile = await self._ask(who)
        except SystemFault as fault:
            return Bound(Bind.UNKNOWN, why=f"Slack: {fault.reason}")
        return await bound(profile, self.directory, "Slack")

    async def locate(self, email: str) -> tuple[Identity, ...]:
        found = await self._find(email)
        return () if found is None else (found,)

    async def _find(self, email: str) -> Identity | None:
        kept = self._located.get(email.casefold())
        if kept and time.monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self.client.users_lookupByEmail(email=email)
        except FAULTS as error:
            if code_of(error) in ("users_not_found", "user_not_found"):
                return self._remember_place(email, None)
            raise named_fault(error) from None
        user: dict[str, Any] = answer.get("user") or {}
        team = user.get("team_id") or next(iter(self.team_ids), "")
        if not user.get("id") or user.get("deleted") or user.get("is_bot") or user.get("is_stranger"):
            return self._remember_place(email, None)
        return self._remember_place(email, Identity("slack", team, user["id"]))

    def _remember_place(self, email: str, who: Identity | None) -> Identity | None:
        if len(self._located) >= MOST_KEPT:
            self._located.clear()
        self._located[email.casefold()] = (time.monotonic(), who)
        return who

    async def _ask(self, who: Identity) -> Profile:
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self.client.users_info(user=who.user, include_locale=True)
        except FAULTS as error:
            if code_of(error) in ("user_not_found", "user_not_visible", "users_not_found"):
                return self._remember(who, Profile("", "", outside="not a member of this workspace"))
            raise named_fault(error) from None
        user = answer.get("user")
        if not isinstance(user, dict) or user.get("id") != who.user:
            raise Unavailable("Slack", "its answer about a person could not be read")
        return self._remember(who, self._read(user))

    def _read(self, user: dict[str, Any]) -> Profile:
        profile: dict[str, Any] = user.get("profile") or {}
        return Profile(
            email=str(profile.get("email") or ""),
            name=str(profile.get("real_name") or user.get("real_name") or user.get("name") or ""),
            locale=str(user.get("locale") or "en"),
            zone=str(user.get("tz") or "UTC"),
            outside=self._outside(user),
        )

    def _outside(self, user: dict[str, Any]) -> str:
        for flag, why in (
            ("deleted", "a deactivated person"),
            ("is_bot", "a bot"),
            ("is_workflow_bot", "a bot"),
            ("is_restricted", "a guest"),
            ("is_ultra_restricted", "a guest"),
            ("is_stranger", "somebody of another organisation"),
        ):
            if user.get(flag):
                return why
        teams = {user.get("team_id"), *((user.get("enterprise_user") or {}).get("teams") or [])} - {None, ""}
        if self.team_ids and teams and not teams & self.team_ids:
            return "somebody of another workspace"
        return ""

    def _remember(self, who: Identity, profile: Profile) -> Profile:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[who] = (time.monotonic(), profile)
        return profile
