"""Okta, behind the protocols Directory and Checked: look up, challenge, and the four writes that policy may lead to.

Reads are tried again within one deadline; writes leave once. Nothing is cached: roles and groups must be today's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp

from integrations import okta_calls as calls
from integrations import okta_shapes as shapes
from integrations.base import (
    Account,
    Application,
    Challenge,
    ChallengeState,
    Factor,
    Group,
    Health,
    LogEvent,
    Missing,
    Refused,
    Role,
    Unavailable,
)
from integrations.okta_calls import SYSTEM, Call
from integrations.okta_health import check
from integrations.okta_transport import Answer, Transport
from integrations.retry import reading

T = TypeVar("T")

PAGE = 200
MOST_PAGES = 50
"""10,000 entries of one list. Past it the answer is a fault, never a part of the list."""

LOG_PAGE = 1000
LOG_AHEAD = timedelta(minutes=1)
"""How far past our own clock a System Log query goes: clocks differ. It has to end somewhere, or Okta always gives a next page."""


class Okta:
    """`session` is shared and belongs to the caller, with its connector (TLS context, pool) and no cookie jar.

    `deadline`: seconds for one method, every page and repeat of it included. `attempts` and `pause` (seconds) are of
    `integrations.retry.reading`. `canary_admin`: the e-mail of an admin whose reset Okta must refuse (see `health`).
    ValueError for settings that cannot work. Ids of any other shape than Okta's: Refused.
    """

    def __init__(
        self,
        org_url: str,
        *,
        session: aiohttp.ClientSession,
        token: str = "",
        client_id: str = "",
        private_key: str = "",
        kid: str = "",
        scopes: Sequence[str] = (),
        canary_admin: str = "",
        deadline: float = 6.0,
        attempts: int = 3,
        pause: float = 0.2,
    ) -> None:
        self._transport = Transport(
            org_url=org_url, session=session, token=token, client_id=client_id, private_key=private_key, kid=kid, scopes=scopes
        )
        self._canary_admin = canary_admin
        self._deadline = deadline
        self._attempts = attempts
        self._pause = pause

    def __repr__(self) -> str:
        return f"Okta({self._transport.org_url!r})"

    # ------------------------------------------------------------ who

    async def find(self, email: str) -> tuple[Account, ...]:
        """Everybody with exactly this address, DEPROVISIONED included; compared after the fetch, ASCII only, without case.

        By e-mail through the search index, which lags behind; only when it has nobody, by login, which does not.
        """
        if not calls.plain_email(email):
            return ()
        wanted = email.casefold()
        end = self._end()
        found = await self._list(calls.FIND, shapes.account, "account", end, query={"search": calls.equals("profile.email", email)})
        if not found:
            try:
                found = [shapes.account(await self._one(calls.BY_LOGIN, end, login=calls.login_part(email)))]
            except Missing:
                return ()
        return tuple({who.id: who for who in found if wanted in (_plain(who.email), _plain(who.login))}.values())

    async def account(self, user_id: str) -> Account:
        found = shapes.account(await self._one(calls.ACCOUNT, self._end(), user=user_id))
        if found.id != user_id:
            raise Unavailable(SYSTEM, "the answer was about another account")
        return found

    async def applications(self, user_id: str) -> tuple[Application, ...]:
        return tuple(await self._list(calls.APPLICATIONS, shapes.application, "application list", self._end(), user=user_id))

    async def groups(self, user_id: str) -> tuple[Group, ...]:
        return tuple(await self._list(calls.GROUPS, shapes.group, "group list", self._end(), user=user_id))

    async def roles(self, user_id: str) -> tuple[Role, ...]:
        return tuple(await self._list(calls.ROLES, shapes.role, "role list", self._end(), user=user_id))

    async def factors(self, user_id: str) -> tuple[Factor, ...]:
        return tuple(await self._list(calls.FACTORS, shapes.factor, "factor list", self._end(), user=user_id))

    async def group_named(self, name: str) -> Group:
        query = {"search": calls.equals("profile.name", name)}
        found = await self._list(calls.GROUP_NAMED, shapes.group, "group list", self._end(), query=query)
        same = {group.id: group for group in found if group.name == name}
        if not same:
            raise Missing(SYSTEM, f"no group has the name {name!r}")
        if len(same) > 1:
            raise Refused(SYSTEM, f"{len(same)} groups have the name {name!r}", code="ambiguous")
        return next(iter(same.values()))

    async def members(self, group_id: str) -> tuple[Account, ...]:
        query = {"limit": PAGE}
        return tuple(await self._list(calls.MEMBERS, shapes.account, "member list", self._end(), query=query, group=group_id))

    # ------------------------------------------------------------ identity check

    async def challenge(self, user_id: str, factor_id: str) -> Challenge:
        """Sends a push, with number matching unless Okta refuses that for this factor (400: nothing was sent)."""
        try:
            answer = await self._write(calls.CHALLENGE, {"useNumberMatchingChallenge": True}, user=user_id, factor=factor_id)
        except Refused as refusal:
            if refusal.status != 400:
                raise
            answer = await self._write(calls.CHALLENGE, None, user=user_id, factor=factor_id)
        try:
            body = answer.json()
        except Unavailable as error:
            raise shapes.unreadable("answer to the push", sent=True) from error
        return shapes.challenge(body, user_id, factor_id, datetime.now(UTC))

    async def challenge_state(self, user_id: str, factor_id: str, transaction_id: str) -> ChallengeState:
        """Where the push stands; Missing when Okta has forgotten it. Every fault means "not verified", never "ask until yes"."""
        body = await self._one(calls.CHALLENGE_STATE, self._end(), user=user_id, factor=factor_id, transaction=transaction_id)
        return shapes.challenge_state(body)

    # ------------------------------------------------------------ System Log

    async def events(self, user_id: str, since: datetime, *types: str) -> tuple[LogEvent, ...]:
        if not types:
            return ()
        kinds = " or ".join(calls.equals("eventType", kind) for kind in types)
        query: dict[str, str | int] = {
            "since": _log_time(since),
            "until": _log_time(max(datetime.now(UTC), since) + LOG_AHEAD),
            "filter": f"({kinds}) and {calls.equals('target.id', user_id)}",
            "sortOrder": "ASCENDING",
            "limit": LOG_PAGE,
        }
        found = await self._list(calls.EVENTS, shapes.event, "System Log", self._end(), query=query, full=LOG_PAGE)
        from_then = since.replace(microsecond=since.microsecond // 1000 * 1000)  # entries have milliseconds
        ours = [e for e in found if e is not None and e.type in types and user_id in e.target_ids and e.published >= from_then]
        return tuple(sorted(ours, key=lambda e: e.published))

    # ------------------------------------------------------------ writes

    async def reset_password(self, user_id: str) -> None:
        await self._write(calls.RESET, None, user=user_id)

    async def forgot_password(self, user_id: str) -> None:
        await self._write(calls.FORGOT, None, user=user_id)

    async def unlock(self, user_id: str) -> None:
        await self._write(calls.UNLOCK, None, user=user_id)

    async def revoke_sessions(self, user_id: str) -> None:
        """Ends every session and takes back the tokens given to applications.

        aiohttp itself sends a DELETE once more when the connection breaks; ending ended sessions changes nothing.
        """
        await self._write(calls.REVOKE, None, user=user_id)

    # ------------------------------------------------------------ health

    async def health(self) -> Health:
        """Reads one of each kind, one right after the other, so that a missing right has a name. See `okta_health`."""
        return await check(self._read_once, self._transport, canary_admin=self._canary_admin)

    # ------------------------------------------------------------ how

    def _end(self) -> float:
        return asyncio.get_running_loop().time() + self._deadline

    async def _read_once(self, call: Call, query: str, parts: dict[str, str]) -> Any:
        return await self._one(call, self._end(), query, **parts)

    async def _one(self, call: Call, end: float, query: str = "", **parts: str) -> Any:
        return (await self._get(call, call.filled(**parts), query, end)).json()

    async def _list(
        self,
        call: Call,
        read: Callable[[Any], T],
        what: str,
        end: float,
        *,
        query: dict[str, Any] | None = None,
        full: int = 0,
        **parts: str,
    ) -> list[T]:
        """Every page. `full`: the page size below which a page is the last, for the list that always names a next one."""
        path = call.filled(**parts)
        ask = calls.asking(**(query or {}))
        found: list[T] = []
        for _ in range(MOST_PAGES):
            answer = await self._get(call, path, ask, end)
            page = shapes.listed(read, answer.json(), what)
            found += page
            following = _next(answer, path)
            if following is None or len(page) < full:
                return found
            if following == ask:
                raise Unavailable(SYSTEM, f"the {what} has a page that follows itself")
            ask = following
        raise Unavailable(SYSTEM, f"the {what} has more than {MOST_PAGES} pages")

    async def _get(self, call: Call, path: str, query: str, end: float) -> Answer:
        left = end - asyncio.get_running_loop().time()
        if left <= 0:
            raise Unavailable(SYSTEM, f"no answer within {self._deadline:g} s")
        return await reading(
            lambda seconds: self._transport.send(call, path, query=query, left=seconds),
            deadline=left,
            attempts=self._attempts,
            pause=self._pause,
        )

    async def _write(self, call: Call, body: dict[str, Any] | None, **parts: str) -> Answer:
        return await self._transport.send(call, call.filled(**parts), body=body, left=self._deadline)


def _next(answer: Answer, path: str) -> str | None:
    """The query of the next page (Link header, rel="next"); host and path stay ours, whatever the header says."""
    links = answer.response.links.get("next")
    if links is None:
        return None
    url = urlsplit(str(links["url"]))
    if url.path != path:
        raise Unavailable(SYSTEM, "the next page is of another list")
    return url.query


def _plain(text: str) -> str | None:
    """What may be compared: a look-alike letter is no letter of an address we would ask for."""
    return text.casefold() if text.isascii() else None


def _log_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
