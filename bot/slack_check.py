"""What `doctor` and /status ask of Slack: whose token is it, what may it do, is the app-level token good."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.settings import Settings
from integrations import tls
from integrations.base import Health, Refused, SystemFault, Unavailable
from integrations.checkup import examined

SYSTEM = "Slack"

NEEDED_SCOPES = {
    "chat:write": "to answer",
    "commands": "for /password-reset and the shortcut",
    "im:write": "to open a conversation with a person",
    "im:history": "to be told what people write to the bot",
    "users:read": "to look a person up",
    "users:read.email": "to read the e-mail that binds a person to their account",
    "app_mentions:read": "to be told when somebody mentions the bot",
}
"""Bot scopes and why (Slack, Scopes and permissions). The manifest asks for the same."""

SECONDS = 6.0

_CREDENTIALS = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "not_allowed_token_type"})


async def health(settings: Settings) -> Health:
    """Never raises, posts nothing. The app-level token is checked by asking for a Socket Mode address, which is not used."""
    from slack_sdk.web.async_client import AsyncWebClient

    def client(token: SecretStr) -> AsyncWebClient:
        return AsyncWebClient(token.get_secret_value(), base_url=settings.slack_api_url, timeout=int(SECONDS), ssl=tls.context())

    async def token() -> str:
        answer = await _asked(client(settings.slack_bot_token), "auth.test", "SLACK_BOT_TOKEN")
        team = str(answer.get("team_id", ""))
        if settings.slack_team_ids and team not in settings.slack_team_ids:
            raise Refused(SYSTEM, f"the bot token belongs to workspace {team}, which SLACK_TEAM_IDS does not name")
        granted = answer.headers.get("x-oauth-scopes", answer.headers.get("X-OAuth-Scopes", ""))
        held = {scope.strip() for scope in granted.split(",") if scope.strip()}
        lacking = [f"{scope} ({why})" for scope, why in NEEDED_SCOPES.items() if scope not in held]
        if held and lacking:
            raise Refused(SYSTEM, f"the bot token lacks {', '.join(lacking)}")
        return f"signed in to {answer.get('team', 'the workspace')} ({team})" + ("" if held else ", scopes not told")

    async def socket() -> str:
        await _asked(client(settings.slack_app_token), "apps.connections.open", "SLACK_APP_TOKEN")
        return "Socket Mode can be opened"

    return await examined(
        SYSTEM,
        token,
        *((socket,) if settings.socket_mode else ()),
        down="check SLACK_API_URL, the network and Slack's status page, then try again",
        settings="compare the app's settings with the output of `keyturn manifest slack`, and reinstall the app after a change of scopes",
    )


async def _asked(client: Any, method: str, setting: str) -> Any:
    """One call of the Web API. A SystemFault for everything that is no good answer."""
    from slack_sdk.errors import SlackApiError

    from bot.slack_faults import code_of

    try:
        async with asyncio.timeout(SECONDS):
            return await client.api_call(method)
    except SlackApiError as error:
        status, code = getattr(error.response, "status_code", 0), code_of(error)
        if status == 429 or status >= 500:
            raise Unavailable(SYSTEM, f"{method} answers with status {status}") from error
        if not code:
            raise Unavailable(SYSTEM, "the answer could not be read") from error
        if code in _CREDENTIALS:
            raise Refused(SYSTEM, f"{setting} is not accepted ({code})", code=code) from error
        raise Refused(SYSTEM, f"{method} is refused ({code})", code=code) from error
    except TimeoutError as error:
        raise Unavailable(SYSTEM, f"no answer within {SECONDS:g} s") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unavailable(SYSTEM, f"cannot be reached ({type(error).__name__})") from error
    except SystemFault:
        raise
    except Exception as error:  # slack_sdk raises what the JSON decoder raises
        raise Unavailable(SYSTEM, "the answer could not be read") from error
