"""POST /slack/events: the signature first, on the raw bytes; then the shape; then Bolt.

Bolt's adapter parses before it checks, and answers 500 to what it cannot parse: unsigned or malformed input
gets 401 or 400 here instead, and leaves no row.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.slack_inbound import team_of

log = structlog.get_logger(__name__)


class SlackEndpoint:
    """`ready` answers whether the allow-list of workspaces is known yet."""

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self.app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if not self._signed(request, raw):
            log.warning("security: refused", reason="the Slack signature is missing, wrong or too old", remote=request.remote)
            return web.Response(status=401, text="unauthorized")
        try:
            text = raw.decode("utf-8")
            body = _body(text, request.content_type)
        except ValueError:
            log.warning("security: refused", reason="a signed Slack delivery could not be read", remote=request.remote)
            return web.Response(status=400, text="bad request")
        if body.get("type") == "url_verification":
            challenge = body.get("challenge")
            return (
                web.json_response({"challenge": challenge}) if isinstance(challenge, str) else web.Response(status=400, text="bad request")
            )
        if not team_of(body):
            return web.Response(status=400, text="bad request")
        response = await self.app.async_dispatch(AsyncBoltRequest(body=text, query=request.query_string, headers=dict(request.headers)))
        return await to_aiohttp_response(response)

    def _signed(self, request: web.Request, raw: bytes) -> bool:
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12) or not signature.isascii():
            return False
        return self._verifier.is_valid(body=raw, timestamp=timestamp, signature=signature)


def _body(text: str, content_type: str) -> dict[str, Any]:
    """The delivery as an object. ValueError when it is none."""
    if content_type == "application/json":
        body = json.loads(text)
    else:
        fields = {
            name: values[0] for name, values in parse_qs(text, keep_blank_values=True, strict_parsing=True, max_num_fields=100).items()
        }
        body = json.loads(fields["payload"]) if "payload" in fields else fields
        if "payload" not in fields and "command" not in fields:
            raise ValueError("neither a command nor an interaction")
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body
