"""What `doctor` and /status ask of Teams: are the credentials accepted, are the keys there. Posts nothing, needs no botbuilder."""

from __future__ import annotations

from typing import Final

import aiohttp

from bot.settings import Settings
from bot.teams_keys import Keys, KeysUnavailable
from bot.teams_login import SYSTEM, Login
from integrations import tls
from integrations.base import Health, Unavailable
from integrations.checkup import examined

ENDPOINT: Final = "Teams endpoint"
PATH: Final = "/api/messages"
UNSEEN: Final = (
    "Whether Teams reaches it from outside cannot be seen from here: `keyturn doctor --url https://…` asks the public address, "
    "and a message to the bot is the proof."
)


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


async def endpoint(settings: Settings, public_url: str = "") -> Health:
    """Whether something answers where Teams delivers, and refuses what is not signed. Sends nothing that could be taken. Never raises.

    `public_url` (https) is asked as it is. Without it only this machine can be asked, and what lies between it and Teams stays
    unknown, which is said.
    """
    at = f"{public_url.rstrip('/')}{PATH}" if public_url else f"http://{_here(settings.host)}:{settings.port}{PATH}"
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls.context()), timeout=timeout) as http,
            http.post(at, json={}, allow_redirects=False) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        why = f"{at} does not answer ({type(error).__name__})"
        if public_url:
            return Health(ENDPOINT, False, why, "start serve, and check name, certificate and proxy of that address", kind="down")
        return Health(ENDPOINT, True, f"not checked: serve does not run on this machine now. {UNSEEN}")
    if status in (401, 403):
        seen = "answers and refuses what is not signed"
        return Health(ENDPOINT, True, f"{at} {seen}" if public_url else f"serve {seen} on this machine. {UNSEEN}")
    if status == 400 and not settings.teams_app_password:
        return Health(ENDPOINT, True, "runs without credentials, on this machine only")
    wrong = f"{at} answers {status} to a message without a token, and should refuse it with 401"
    return Health(ENDPOINT, False, wrong, "lead POST /api/messages of that address to this process", kind="settings")


def _here(host: str) -> str:
    """An address of this machine that reaches a server listening on `host`."""
    local = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not listened on
    return local.get(host, f"[{host}]" if ":" in host else host)


async def health(settings: Settings) -> Health:
    """For a verb: with a session of its own."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls.context()), cookie_jar=aiohttp.DummyCookieJar()) as http:
        return await examine(*keys_and_login(settings, http))
