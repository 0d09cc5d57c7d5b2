"""The Bot Framework connector, without blocking: one session for everybody, errors by consequence, limits kept.

A POST is repeated only after 429, which promises that nothing happened; after anything else a message might stand
there twice. Edits and reads are repeated after 5xx too. Sources: Bot Framework connector API; Microsoft Teams,
Rate limiting for bots.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.teams_login import Login
from integrations.base import Missing, Refused, Unavailable
from storage import moments

SYSTEM: Final = "Teams"
CALL_SECONDS: Final = 8.0
ATTEMPTS: Final = 3
LONGEST_WAIT: Final = 8.0
"""Seconds waited here for a limit to pass; a longer Retry-After goes to whoever plans the next try."""
_AGAIN: Final = frozenset({412, 500, 502, 503, 504})
_LARGEST: Final = 1_000_000
LONGEST_ID: Final = 200
"""Characters of an activity's or a conversation's id that there is room for (storage.models, Picture)."""

Json = dict[str, Any]


@dataclass
class Connector:
    """Calls of one bot. `allowed` says whether a service address is on the list: tokens go nowhere else."""

    http: aiohttp.ClientSession
    login: Login
    allowed: Callable[[str], bool]
    pause: float = 0.5
    """Seconds before the first repetition that no Retry-After times; doubled each time, with up to half of it by chance."""

    async def send(self, service_url: str, conversation: str, activity: Json, *, reply_to: str = "") -> str:
        """Posts an activity; gives its id."""
        path = f"/v3/conversations/{_quoted(conversation)}/activities" + (f"/{_quoted(reply_to)}" if reply_to else "")
        return _id(await self._call("POST", service_url, path, activity))

    async def update(self, service_url: str, conversation: str, activity_id: str, activity: Json) -> None:
        path = f"/v3/conversations/{_quoted(conversation)}/activities/{_quoted(activity_id)}"
        await self._call("PUT", service_url, path, activity | {"id": activity_id})

    async def delete(self, service_url: str, conversation: str, activity_id: str) -> None:
        await self._call("DELETE", service_url, f"/v3/conversations/{_quoted(conversation)}/activities/{_quoted(activity_id)}")

    async def create(self, service_url: str, parameters: Json) -> Json:
        """A conversation; the 1:1 one of a person is always the same, however often it is created."""
        return await self._call("POST", service_url, "/v3/conversations", parameters)

    async def member(self, service_url: str, conversation: str, member: str) -> Json:
        """One member of a conversation, by account (`29:…`) or Entra id. Missing when they are none."""
        return await self._call("GET", service_url, f"/v3/conversations/{_quoted(conversation)}/members/{_quoted(member)}")

    async def _call(self, method: str, service_url: str, path: str, body: Json | None = None) -> Json:
        """The answer as an object. Raises Unavailable, Refused (its `status` and `code` are Teams' own), Missing."""
        if not self.allowed(service_url):
            raise Refused(SYSTEM, "its service address is not in TEAMS_SERVICE_HOSTS")
        url = URL(service_url.rstrip("/") + path, encoded=True)
        signed_in_again = False
        tried = 0
        while True:
            token = await self.login.token()
            status, said, after = await self._once(method, url, token, body)
            if status < 300:
                return said
            if status == 401 and token and not signed_in_again:
                self.login.forget(token)
                signed_in_again = True
                continue
            tried += 1
            if not (status == 429 or (status in _AGAIN and method != "POST")) or tried >= ATTEMPTS:
                raise _fault(method, status, said, after)
            wait = after if after is not None else self.pause * 2**tried
            if wait > LONGEST_WAIT:
                raise _fault(method, status, said, after)
            await asyncio.sleep(wait + random.uniform(0, self.pause / 2))

    async def _once(self, method: str, url: URL, token: str, body: Json | None) -> tuple[int, Json, float | None]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json; charset=utf-8"
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self.http.request(method, url, data=data, headers=headers, allow_redirects=False) as answer,
            ):
                raw = await answer.content.read(_LARGEST)
                status, after = answer.status, _seconds(answer.headers.get("Retry-After"))
        except aiohttp.ClientConnectorError as error:
            raise Unavailable(SYSTEM, "cannot be reached") from error
        except TimeoutError as error:
            raise Unavailable(SYSTEM, "did not answer in time", sent=True) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(SYSTEM, f"the call failed ({type(error).__name__})", sent=True) from error
        try:
            said = json.loads(raw) if raw.strip() else {}
        except ValueError:
            said = None
        if not isinstance(said, dict):
            if status < 300:
                raise Unavailable(SYSTEM, "its answer could not be read", sent=True)
            said = {}
        return status, said, after


def _fault(method: str, status: int, said: Json, after: float | None) -> Exception:
    error = said.get("error")
    code = str(error.get("code") or "")[:60] if isinstance(error, dict) else ""
    shown = f"answered {status}" + (f" ({code})" if code else "")
    if status == 429:
        return Unavailable(SYSTEM, shown, retry_after=after)
    if status >= 500 or status in _AGAIN:
        return Unavailable(SYSTEM, shown, retry_after=after, sent=method != "GET")
    if status == 404:
        return Missing(SYSTEM, shown)
    return Refused(SYSTEM, shown, code=code, status=status)


def _seconds(header: str | None) -> float | None:
    """A Retry-After header: seconds, or a date."""
    if not header:
        return None
    if header.strip().replace(".", "", 1).isdigit():
        return float(header)
    try:
        return max((parsedate_to_datetime(header) - moments.now()).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _quoted(part: str) -> str:
    """ValueError for nothing: a path with an empty part would be another call."""
    if not part or part in {".", ".."}:
        raise ValueError("an empty id in a path")
    return quote(part, safe="")


def _id(said: Json) -> str:
    """Empty when there is none that could be kept."""
    found = said.get("id")
    return found if isinstance(found, str) and len(found) <= LONGEST_ID else ""
