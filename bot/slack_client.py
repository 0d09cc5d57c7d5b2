"""The Web API client that the process and the operator's verbs share: one pool, verified TLS, bounded retries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler, AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from integrations import tls

CALL_SECONDS = 8.0
"""Of the session: the SDK ignores its own time-out when it is given one."""


@asynccontextmanager
async def web_client(settings: Settings) -> AsyncIterator[AsyncWebClient]:
    connector = aiohttp.TCPConnector(ssl=tls.context(), limit=64, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)) as session:
        yield AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            session=session,
            ssl=tls.context(),
            retry_handlers=[AsyncConnectionErrorRetryHandler(max_retry_count=1), AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
        )
