"""POST /api/messages: the token first, then the shape, then the lists; then botbuilder's handler.

Unsigned, forged, foreign or malformed input gets 400, 401 or 403 and leaves no row; a key set that cannot be fetched
gets 503, because the sender may be genuine. Nothing gets 500.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import web
from botbuilder.core import Bot
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from bot.teams_admission import CHANNEL
from bot.teams_auth import TeamsAuthentication
from bot.teams_inbound import Sender, sender, stranger
from bot.teams_tokens import Denied
from cards.adaptive import Malformed
from cards.received import text_in

log = structlog.get_logger(__name__)

Turn = Callable[[Sender, dict[str, Any]], Bot]
"""Makes the handler of one activity: who did it, and its body as it came."""


class Adapter(CloudAdapterBase):  # type: ignore[misc]  # botbuilder publishes no types
    """botbuilder's adapter; only how HTTP meets it is ours."""


class TeamsEndpoint:
    """`turn` is None until the desk is there: then activities get 503 and come again."""

    def __init__(self, authentication: TeamsAuthentication) -> None:
        self.authentication = authentication
        self.adapter = Adapter(authentication)
        self.turn: Turn | None = None

    async def handle(self, request: web.Request) -> web.Response:
        try:
            claims = await self.authentication.admit(request.headers.get("Authorization"))
            body = _body(await request.read(), request.content_type)
            self.authentication.admission.check(body, claims)
            why = stranger(body)
            by = None if why else sender(body)
        except Denied as denied:
            return self._refused(request, denied.status, denied.reason)
        except Malformed as error:
            return self._refused(request, 400, f"an activity could not be read: {error}")
        if by is None:
            if why != "a bot":
                log.warning("security: ignored", reason=why)
            return web.Response(status=200)
        if self.turn is None:
            return web.Response(status=503, text="starting")
        try:
            turn = self.turn(by, body)
            answer = await self.adapter.process_activity(self.authentication.result(claims), _activity(by, body), turn.on_turn)
        except Malformed as error:
            return self._refused(request, 400, f"an activity could not be read: {error}")
        except Exception as error:  # whatever it is, nothing was committed and Teams may send it again
            log.error("a Teams activity failed", exc_info=error)
            return web.Response(status=503, text="try again")
        if answer is None:
            return web.Response(status=200)
        if answer.body is None:
            return web.Response(status=int(answer.status))
        return web.json_response(answer.body, status=int(answer.status))

    def _refused(self, request: web.Request, status: int, reason: str) -> web.Response:
        log.warning("security: refused", reason=reason, remote=request.remote)
        return web.Response(status=status, text={400: "bad request", 401: "unauthorized", 403: "forbidden"}.get(status, "try again"))


def _activity(by: Sender, body: dict[str, Any]) -> Activity:
    """What botbuilder needs of it to find the handler and to answer. The rest is read from the body as it came, by us.

    Its own deserializer looks at every field of every part: ten times the cost of everything else in a turn.
    """
    return Activity(
        type=text_in(body, "type"),
        id=text_in(body, "id"),
        name=text_in(body, "name"),
        channel_id=CHANNEL,
        service_url=by.service_url,
        from_property=ChannelAccount(id=by.account, aad_object_id=by.who.user),
        recipient=ChannelAccount(id=by.bot, name=by.bot_name),
        conversation=ConversationAccount(id=by.conversation, tenant_id=by.who.tenant),
        value=body.get("value"),
    )


def _body(raw: bytes, content_type: str) -> dict[str, Any]:
    """Raises Malformed unless it is a JSON object."""
    if content_type != "application/json":
        raise Malformed("not application/json")
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(body, dict):
        raise Malformed("not an object")
    return body
