"""The SDK's HTTP client, as it lets users replace it: the last look at a request before it leaves.

The SDK's own writes whole requests, tokens included, to its DEBUG log, follows redirects, takes a proxy from the
environment without regard for NO_PROXY, and keeps the answer of a reset. This one does none of that.
"""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
from okta.http_client import HTTPClient
from yarl import URL

from integrations.okta_calls import may_leave

LONGEST_ANSWER = 16 * 1024 * 1024
"""Bytes. 200 users with full profiles are below 1 MB."""

CONNECT_SECONDS = 3.0
"""For a free connection of the pool or a new one. Past it nothing has been sent, which a later time-out cannot say."""

Outcome = tuple[Any, aiohttp.ClientResponse | None, str | None, Exception | None]


class NotAllowed(Exception):
    """A request that the table of calls does not have. A bug of ours, never an answer of Okta's."""


class Wire(HTTPClient):
    """Sends what the executor prepared through the shared session. `secret` in a request: the answer is not kept."""

    _session: aiohttp.ClientSession

    async def send_request(self, request: dict[str, Any]) -> Outcome:
        """(request info, response, text, None), or three times None and the transport's own error."""
        url = URL(request["url"], encoded=True)
        if not may_leave(request["method"], url.raw_path_qs):
            return None, None, None, NotAllowed(f"{request['method']} {url.raw_path} is not among the allowed calls")
        body: dict[str, Any] = {}
        headers = dict(request["headers"])
        if request["data"]:
            body["json"] = request["data"]
        elif request["form"]:
            body["data"] = request["form"]
            headers.pop("Content-Type", None)  # aiohttp writes it with the form's encoding
        try:
            async with self._session.request(
                request["method"],
                url,
                headers=headers,
                allow_redirects=False,  # a redirect would be a call that nobody allowed
                timeout=aiohttp.ClientTimeout(connect=CONNECT_SECONDS),
                **body,
            ) as response:
                text = await _read(response, keep=response.status >= 400 or not request.get("secret", False))
                return response.request_info, response, text, None
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            return None, None, None, error


async def _read(response: aiohttp.ClientResponse, *, keep: bool) -> str:
    """The answer as text; chunk by chunk into nothing when it must not be kept (a one-time link may be in it)."""
    kept = bytearray()
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > LONGEST_ANSWER:
            raise aiohttp.ClientPayloadError("the answer is too long")
        if keep:
            kept += chunk
    return kept.decode()


def _nothing(_: logging.LogRecord) -> bool:
    return False


def silence() -> None:
    """Takes the voice of the SDK's logger: at DEBUG it writes tokens, and its errors all come back to us as values.

    On the logger itself, so that no handler or level that somebody sets later brings it back. Safe to repeat.
    """
    logger = logging.getLogger("okta-sdk-python")
    if _nothing not in logger.filters:
        logger.addFilter(_nothing)
