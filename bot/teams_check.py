"""What `doctor` and /status ask of Teams: are the credentials accepted, are the keys there. Posts nothing, needs no botbuilder."""

from __future__ import annotations

import aiohttp

from bot.settings import Settings
from bot.teams_keys import Keys, KeysUnavailable
from bot.teams_login import SYSTEM, Login
from integrations import tls
from integrations.base import Health, Unavailable
from integrations.checkup import examined


def keys_and_login(settings: Settings, http: aiohttp.ClientSession) -> tuple[Keys, Login]:
    """The two clients of the Bot Framework's sign-in side, as the process and `doctor` use them."""
    keys = Keys(http, settings.teams_openid_metadata_url)

    async def scope() -> str:
        try:
            return f"{await keys.issuer()}/.default"
        except KeysUnavailable as error:
            raise Unavailable(SYSTEM, "the Bot Framework's document cannot be fetched") from error

    url = f"{settings.teams_login_url}/{settings.teams_tenant_ids[0]}/oauth2/v2.0/token"
    return keys, Login(http, url, settings.teams_app_id, settings.teams_app_password.get_secret_value(), scope)


async def examine(keys: Keys, login: Login) -> Health:
    """Never raises."""

    async def signed_in() -> str:
        await login.token()
        return "the credentials are accepted" if login.password else "runs without credentials, on this machine only"

    async def keys_there() -> str:
        try:
            await keys.issuer()
            await keys.get("")
        except KeysUnavailable as error:
            raise Unavailable(SYSTEM, "the Bot Framework's keys cannot be fetched") from error
        return "the Bot Framework's keys are there"

    return await examined(
        SYSTEM,
        signed_in,
        keys_there,
        down="check TEAMS_LOGIN_URL, TEAMS_OPENID_METADATA_URL and the network, then try again",
        settings="compare TEAMS_APP_ID, TEAMS_APP_PASSWORD and the first of TEAMS_TENANT_IDS with the app's registration",
    )


async def health(settings: Settings) -> Health:
    """For a verb: with a session of its own."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls.context()), cookie_jar=aiohttp.DummyCookieJar()) as http:
        return await examine(*keys_and_login(settings, http))
