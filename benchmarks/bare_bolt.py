"""A bare Bolt app on aiohttp: the same signature check, the same payload, and nothing but the acknowledgement.

`python -m benchmarks.bare_bolt PORT [before]`; with `before`, Bolt's process_before_response is on, which spares it the
pauses of 10 ms in which it otherwise looks whether a listener has acknowledged.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


def application(settings: Mapping[str, str], *, before: bool) -> web.Application:
    """Answers POST /slack/events. Bolt asks whose token it is once, with the first delivery."""
    client = AsyncWebClient(settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"])
    bolt = AsyncApp(client=client, signing_secret=settings["SLACK_SIGNING_SECRET"], process_before_response=before)

    @bolt.view("kt:reset")
    async def submitted(ack: Any) -> None:
        await ack()

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    async def healthy(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/slack/events", handle)
    app.router.add_get("/readyz", healthy)
    return app


if __name__ == "__main__":
    web.run_app(
        application(os.environ, before="before" in sys.argv[2:]),
        host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None,
    )  # fmt: skip
