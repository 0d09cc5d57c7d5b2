"""The bot's own token for the connector: client credentials, fetched once, kept until shortly before it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from integrations.base import Refused, Unavailable

SYSTEM: Final = "Teams"
SIGN_IN_SECONDS: Final = 6.0
EARLY_SECONDS: Final = 300.0
"""A token is fetched anew this long before it ends."""


@dataclass
class Login:
    """Tokens for one app. `scope` is asked for when a token is: another cloud's is known from its key document.

    Source: Bot Framework, Authentication, "Bot to Connector"; the authority is the tenant's own (single tenant).
    """

    http: aiohttp.ClientSession
    url: str
    app_id: str
    password: str
    scope: Callable[[], Awaitable[str]]
    clock: Callable[[], float] = time.monotonic
    _token: str = ""
    _until: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self) -> str:
        """A token that holds for minutes to come; "" where there is no password (this machine only).

        Raises Unavailable, and Refused when the credentials are not accepted.
        """
        if not self.password:
            return ""
        if self.clock() >= self._until:
            async with self._lock:
                if self.clock() >= self._until:
                    await self._fetch()
        return self._token

    def forget(self, token: str) -> None:
        """The connector did not take it; the next call fetches another."""
        if token == self._token:
            self._until = 0.0

    async def _fetch(self) -> None:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.app_id,
            "client_secret": self.password,
            "scope": await self.scope(),
        }
        try:
            async with asyncio.timeout(SIGN_IN_SECONDS), self.http.post(self.url, data=asked, allow_redirects=False) as answer:
                status = answer.status
                said = await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise Unavailable(SYSTEM, f"its sign-in does not answer ({type(error).__name__})") from error
        if not isinstance(said, dict):
            raise Unavailable(SYSTEM, "its sign-in's answer could not be read")
        if status == 429 or status >= 500:
            raise Unavailable(SYSTEM, f"its sign-in answers with status {status}")
        if status != 200:
            code = str(said.get("error") or status)[:60]
            raise Refused(SYSTEM, f"TEAMS_APP_ID or TEAMS_APP_PASSWORD is not accepted ({code})", code=code, status=status)
        token, lasts = said.get("access_token"), said.get("expires_in")
        try:
            seconds = float(lasts) if isinstance(lasts, int | float | str) else 0.0
        except ValueError:
            seconds = 0.0
        if not isinstance(token, str) or not token or seconds <= 0:
            raise Unavailable(SYSTEM, "its sign-in's answer could not be read")
        self._token = token
        self._until = self.clock() + max(seconds - EARLY_SECONDS, seconds / 2)
