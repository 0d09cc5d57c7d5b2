"""POST /slack/events: the signature first, on the raw bytes; then the shape; then Bolt.

Bolt's adapter parses before it checks, and answers 500 to what it cannot parse: unsigned or malformed input
gets 401 or 400 here instead, and leaves no row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot import metrics
from bot.slack_inbound import team_of

log = structlog.get_logger(__name__)


class SlackEndpoint:
    """`lets_in` answers whether a workspace is on the allow-list; everything else about that is the listeners'."""

    def __init__(self, app: AsyncApp, signing_secret: str, lets_in: Callable[[str], bool]) -> None:
        self.app = app
        self.lets_in = lets_in
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: web.Request) -> web.Response:
        with metrics.ACK.labels("slack").time():
            response = await self._handle(request)
        if response.status in (400, 401, 403):
            metrics.REFUSED.labels("slack").inc()
        return response

    async def _handle(self, request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            # The SDK's signature check decodes too; Slack sends nothing but UTF-8.
            log.warning("security: refused", reason="a Slack delivery is no text", remote=request.remote)
            return web.Response(status=400, text="bad request")
        if not self._signed(request, raw):
            log.warning("security: refused", reason="the Slack signature is missing, wrong or too old", remote=request.remote)
            return web.Response(status=401, text="unauthorized")
        try:
            body = _body(text, request.content_type)
        except ValueError:
            log.warning("security: refused", reason="a signed Slack delivery could not be read", remote=request.remote)
            return web.Response(status=400, text="bad request")
        if body.get("type") == "url_verification":
            challenge = body.get("challenge")
            return (
                web.json_response({"challenge": challenge}) if isinstance(challenge, str) else web.Response(status=400, text="bad request")
            )
        if not team_of(body) or not _whole(body):
            log.warning("security: refused", reason="a signed Slack delivery has another shape than Slack's", remote=request.remote)
            return web.Response(status=400, text="bad request")
        if _echo(body) and self.lets_in(team_of(body)):
            return web.Response(text="")
        # Verified and read already. In the mode for that, Bolt does neither again; its own reading also loses a command
        # in whose text the word "payload" stands.
        asked = AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers), mode="socket_mode")
        return await to_aiohttp_response(await self.app.async_dispatch(asked))

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


def _echo(body: dict[str, Any]) -> bool:
    """A message event that nobody wrote to us: whatever we post and edit in a conversation comes back to us this way, several
    times a request (Slack, message.im). It is ignored (rulings, row 1b), here before Bolt looks through its listeners."""
    event = body.get("event")
    if not isinstance(event, dict) or event.get("type") != "message":
        return False
    return bool(event.get("bot_id")) or event.get("subtype") in ("message_changed", "message_deleted")


def _whole(body: dict[str, Any]) -> bool:
    """Whether what Bolt reads before any listener runs is there and of its kind: it answers 500 where that fails."""
    kind = body.get("type")
    event, user, view, actions = (body.get(name) for name in ("event", "user", "view", "actions"))
    if kind == "event_callback":
        return isinstance(event, dict) and isinstance(event.get("type"), str)
    if kind is None:
        return all(isinstance(value, str) for value in body.values())
    if not isinstance(kind, str) or not isinstance(user, dict) or not isinstance(user.get("id"), str):
        return False
    if kind == "block_actions" and not (isinstance(actions, list) and actions and all(isinstance(one, dict) for one in actions)):
        return False
    if kind in ("view_submission", "view_closed") and view is None:
        return False
    return view is None or (isinstance(view, dict) and isinstance(view.get("type"), str))
