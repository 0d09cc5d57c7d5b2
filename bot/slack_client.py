"""The Web API client that the process and the operator's verbs share: one pool, verified TLS, bounded retries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler, AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from integrations import tls

CALL_SECONDS = 8.0
"""Of the session: the SDK ignores its own time-out when it is given one."""


class Reconnect(AsyncConnectionErrorRetryHandler):
    """The SDK's, save that a message whose answer was lost is not sent again: it may stand in the chat already, where
    `dialogs.board` looks for it. One that could not be sent at all is."""

    async def _can_retry_async(
        self, *, state: RetryState, request: HttpRequest, response: HttpResponse | None = None, error: Exception | None = None
    ) -> bool:
        if request.url.endswith("/chat.postMessage") and not isinstance(error, aiohttp.ClientConnectorError):
            return False
        return await super()._can_retry_async(state=state, request=request, response=response, error=error)


@asynccontextmanager
async def web_client(settings: Settings) -> AsyncIterator[AsyncWebClient]:
    connector = aiohttp.TCPConnector(ssl=tls.context(), limit=64, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)) as session:
        yield AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            session=session,
            ssl=tls.context(),
            retry_handlers=[Reconnect(max_retry_count=1), AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
        )
