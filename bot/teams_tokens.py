"""One token of an activity from the Bot Framework: checked against its keys, denied by default.

It stands in the place of botbuilder's own check, denies all that it denies and more: tokens without exp or nbf, keys
without endorsement, a missing serviceUrl, the issuers of the emulator and of skills (security: T11).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

import jwt

from bot.teams_keys import Keys, KeysUnavailable

LEEWAY_SECONDS: Final = 15
"""For clocks that differ. Tokens live an hour; the Bot Framework's own five minutes would keep dead ones alive."""
_LONGEST: Final = 16_384
_MOST_KEPT: Final = 512


class Denied(Exception):
    """An activity that is not let in. `status` is the HTTP answer: 400, 401, 403, or 503 when it cannot be checked now.

    `reason` is for our log; it never holds a token, or anything that the sender wrote.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that holds says. `endorsements` are its key's."""

    values: dict[str, Any]
    endorsements: frozenset[str]

    @property
    def service_url(self) -> object:
        return self.values.get("serviceurl")


@dataclass
class Tokens:
    """Tokens for `app_id`. The same token comes with many activities: one that held is remembered while it does."""

    keys: Keys
    app_id: str
    _kept: dict[str, Claims] = field(default_factory=dict)
    _generation: int = -1

    async def check(self, header: str | None) -> Claims:
        """The claims of an Authorization header. Raises Denied."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST or not token.isascii():
            raise Denied(401, "no bearer token")
        if self._generation != self.keys.generation:
            self._kept.clear()
            self._generation = self.keys.generation
        kept = self._kept.get(token)
        if kept is not None and kept.values["exp"] + LEEWAY_SECONDS > time.time():
            return kept
        claims = await self._read(token)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[token] = claims
        return claims

    async def _read(self, token: str) -> Claims:
        try:
            head = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Denied(401, "the token cannot be read") from error
        kid = head.get("kid")
        if head.get("alg") != "RS256" or not isinstance(kid, str) or not kid or "crit" in head:
            raise Denied(401, "the token is not signed with RS256 by a named key")
        try:
            key = await self.keys.get(kid)
            issuer = await self.keys.issuer()
        except KeysUnavailable as error:
            raise Denied(503, "the Bot Framework's keys cannot be fetched") from error
        if key is None:
            raise Denied(401, "the token is signed by an unknown key")
        try:
            values = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self.app_id,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "nbf", "iss", "aud"], "strict_aud": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Denied(401, f"the token does not hold ({type(error).__name__})") from error
        if not isinstance(values.get("exp"), int | float):
            raise Denied(401, "the token's end is no moment")
        return Claims(values, key.endorsements)
