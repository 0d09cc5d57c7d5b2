"""Two bots that answer each message with its words: botbuilder's adapter as it comes, and the same handler over ours.

`python -m benchmarks.teams_bots PORT stock|ours [silent]`; with `silent` they check the token and run the handler, and say
nothing. Both use botbuilder's ActivityHandler and TurnContext, check every token, and reply through the connector.

The stock one is CloudAdapterBase with the authentication that botframework-connector builds from settings, and the route of
botbuilder-integration-aiohttp (read the body, deserialise it, process it). Its own sign-in is spared it: MSAL takes no http
address, and would ask for a token with each turn.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity, ActivityTypes
from botframework.connector.auth import BotFrameworkAuthenticationFactory, PasswordServiceClientCredentialFactory
from msrest.authentication import BasicTokenAuthentication

from bot.settings import load
from bot.teams_admission import Admission
from bot.teams_auth import TeamsAuthentication
from bot.teams_check import keys_and_login
from bot.teams_connector import Connector
from bot.teams_http import TeamsEndpoint
from bot.teams_inbound import Sender
from bot.teams_tokens import Tokens


class Echo(ActivityHandler):  # type: ignore[misc]  # botbuilder publishes no types
    """Says what was said."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__()
        self.silent = silent

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        if not self.silent:
            await turn_context.send_activity(Activity(type=ActivityTypes.message, text="echo"))


class SignedIn(PasswordServiceClientCredentialFactory):  # type: ignore[misc]  # botbuilder publishes no types
    """Credentials that hold a token already."""

    def __init__(self, app_id: str, token: str) -> None:
        super().__init__(app_id, "spared")
        self.token = token

    async def create_credentials(self, *_: Any, **__: Any) -> BasicTokenAuthentication:
        return BasicTokenAuthentication({"access_token": self.token})


async def stock(app: web.Application, env: Mapping[str, str], *, silent: bool) -> None:
    async with aiohttp.ClientSession() as http:
        keys, login = keys_and_login(load(env), http)
        issuer, token = await keys.issuer(), await login.token()
    authentication = BotFrameworkAuthenticationFactory.create(
        to_channel_from_bot_login_url=env["TEAMS_LOGIN_URL"],
        to_channel_from_bot_oauth_scope=f"{issuer}/.default",
        to_bot_from_channel_token_issuer=issuer,
        to_bot_from_channel_open_id_metadata_url=env["TEAMS_OPENID_METADATA_URL"],
        to_bot_from_emulator_open_id_metadata_url=env["TEAMS_OPENID_METADATA_URL"],
        credential_factory=SignedIn(env["TEAMS_APP_ID"], token),
    )
    adapter, bot = CloudAdapterBase(authentication), Echo(silent=silent)

    async def handle(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        answer = await adapter.process_activity(request.headers.get("Authorization", ""), activity, bot.on_turn)
        return web.Response(status=int(answer.status) if answer else 201)

    app.router.add_post("/api/messages", handle)


class EchoTurn(Echo):
    """The turn that the endpoint asks for."""

    def __init__(self, by: Sender, body: dict[str, Any], *, silent: bool) -> None:
        super().__init__(silent=silent)


async def ours(app: web.Application, env: Mapping[str, str], *, silent: bool) -> None:
    settings = load(env)

    async def context(_: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=30)) as http:
            keys, login = keys_and_login(settings, http)
            admission = Admission(tenants=frozenset(settings.teams_tenant_ids), hosts=frozenset(settings.teams_service_hosts))
            connector = Connector(http, login, admission.reachable)
            endpoint = TeamsEndpoint(TeamsAuthentication(Tokens(keys, settings.teams_app_id), admission, connector))
            endpoint.turn = lambda by, body: EchoTurn(by, body, silent=silent)
            door.append(endpoint)
            yield

    door: list[TeamsEndpoint] = []

    async def handle(request: web.Request) -> web.Response:
        return await door[0].handle(request)

    app.cleanup_ctx.append(context)
    app.router.add_post("/api/messages", handle)


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def main(port: int, which: str, *, silent: bool) -> None:
    app = web.Application()
    await (stock if which == "stock" else ours)(app, os.environ, silent=silent)
    app.router.add_get("/readyz", _healthy)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], silent="silent" in sys.argv[3:]))
