"""The Bot Framework's signing keys, fetched without blocking, kept, and fetched again when they rotate.

Source: Bot Framework, Authentication, "Connector to Bot": an OpenID document names the key set; keys are looked at daily.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import jwt
import structlog

from bot.settings import is_loopback

log = structlog.get_logger(__name__)

METADATA: Final = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ISSUER: Final = "https://api.botframework.com"
"""Who signs in the public cloud, whatever its document says; another cloud's issuer is the one that its document names."""

FRESH_SECONDS: Final = 24 * 3600.0
STALE_SECONDS: Final = 48 * 3600.0
"""Keys that could not be fetched again are still used this long: an outage of the document is no outage of the bot."""
AGAIN_SECONDS: Final = 60.0
"""After a fetch that failed."""
UNKNOWN_MOST: Final = 3
UNKNOWN_SECONDS: Final = 180.0
"""Fetches because of a key that nobody knows: one a minute on the average, since anybody can name one; yet a rotation
must be followed at once, also shortly after somebody did."""
FETCH_SECONDS: Final = 5.0
_LARGEST: Final = 1_000_000


class KeysUnavailable(Exception):
    """The keys could not be fetched, and there are none that may still be used."""


@dataclass(frozen=True, slots=True)
class Key:
    """`endorsements` are the channels whose activities it may sign."""

    key: Any
    endorsements: frozenset[str]


class Keys:
    """`clock` gives seconds that only grow."""

    def __init__(self, http: aiohttp.ClientSession, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._issuer = ISSUER if url == METADATA else ""
        self._fetched: float | None = None
        self._for_unknown: list[float] = []
        self._failed: float | None = None
        self._lock = asyncio.Lock()
        self.generation = 0
        """Counts the fetches that worked: what was checked with an older set is checked anew."""

    async def issuer(self) -> str:
        """Whose tokens count. Raises KeysUnavailable."""
        if not self._issuer:
            await self._current()
        return self._issuer

    async def get(self, kid: str) -> Key | None:
        """The key of that id; None when the set has none. Raises KeysUnavailable."""
        await self._current()
        found = self._keys.get(kid)
        if found is None and self._may_look():
            async with self._lock:
                if kid not in self._keys and self._may_look():
                    self._for_unknown.append(self._clock())
                    await self._fetch_or_keep()
            found = self._keys.get(kid)
        return found

    def _may_look(self) -> bool:
        self._for_unknown = [at for at in self._for_unknown if self._clock() - at < UNKNOWN_SECONDS]
        return len(self._for_unknown) < UNKNOWN_MOST

    async def _current(self) -> None:
        if self._due(self._fetched, FRESH_SECONDS):
            async with self._lock:
                if self._due(self._fetched, FRESH_SECONDS) and (not self._keys or self._due(self._failed, AGAIN_SECONDS)):
                    await self._fetch_or_keep()

    def _due(self, last: float | None, seconds: float) -> bool:
        return last is None or self._clock() - last >= seconds

    async def _fetch_or_keep(self) -> None:
        try:
            await self._fetch()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            self._failed = self._clock()
            log.warning("the Bot Framework's keys cannot be fetched", why=str(error)[:200] or type(error).__name__)
            if self._fetched is None or self._due(self._fetched, STALE_SECONDS):
                raise KeysUnavailable(type(error).__name__) from error

    async def _fetch(self) -> None:
        """ValueError, KeyError or TypeError for a document that is not as the Bot Framework describes it."""
        async with asyncio.timeout(FETCH_SECONDS):
            document = await self._get(self._url)
            listed = (await self._get(_safe(document["jwks_uri"])))["keys"]
        found = {}
        for entry in listed:
            if entry.get("kty") == "RSA" and isinstance(entry.get("kid"), str) and entry.get("use", "sig") == "sig":
                # Without endorsements a key signs for no channel (Bot Framework, Authentication, step 4).
                endorsed = frozenset(one for one in entry.get("endorsements", ()) if isinstance(one, str))
                found[entry["kid"]] = Key(jwt.PyJWK(entry, algorithm="RS256").key, endorsed)
        if not found:
            raise ValueError("the key set holds no RSA key")
        issuer = ISSUER if self._url == METADATA else document["issuer"]
        if not isinstance(issuer, str) or not issuer:
            raise ValueError("the document names no issuer")
        self._keys, self._issuer, self._fetched, self._failed = found, issuer, self._clock(), None
        self.generation += 1

    async def _get(self, url: str) -> Any:
        async with self._http.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"answered with status {answer.status}")
            raw = await answer.content.read(_LARGEST)
        return json.loads(raw)


def _safe(url: str) -> str:
    """ValueError unless the key set is fetched by https, or from this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("the key set is not at an https address")
    return url
