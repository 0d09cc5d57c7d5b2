"""Slack, put together from settings: client, Bolt app, edge, and the transport (signed HTTP or Socket Mode)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.people import SlackPeople
from bot.settings import Problem, Settings, SettingsProblem
from bot.slack import SlackEdge
from bot.slack_chat import SlackChat
from bot.slack_client import CALL_SECONDS, web_client
from bot.slack_faults import FAULTS, named_fault
from bot.slack_form import SlackForm
from bot.slack_http import SlackEndpoint
from bot.slack_review import SlackReview
from bot.systems import Systems
from dialogs.desk import Desk
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import Services
from integrations.base import Health, Refused

log = structlog.get_logger(__name__)
WRONG_TOKEN = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission", "org_login_required"}
)


@dataclass
class Slack:
    """One workspace. `known`: the token was accepted once, so that its own workspace is known."""

    settings: Settings
    app: AsyncApp
    client: AsyncWebClient
    people: SlackPeople
    chat: SlackChat
    form: SlackForm
    background: Background
    endpoint: SlackEndpoint | None
    known: bool = False
    name: str = "slack"
    path: str = "/slack/events"
    _handler: AsyncSocketModeHandler | None = None
    _wake: asyncio.Event | None = None

    def listen(self, services: Services, desk: Desk, shelf: PolicyShelf, health: Callable[[], Awaitable[tuple[Health, ...]]]) -> None:
        review = SlackReview(self.client, services, desk, shelf, self.people, self.form, health)
        SlackEdge(self.app, self.client, services, desk, self.people, self.form, review, self.background).register()

    async def introduce(self) -> None:
        """Asks Slack whose token this is. Raises SettingsProblem for a wrong token, SystemFault when Slack cannot be asked."""
        try:
            answer = await self.client.auth_test()
        except FAULTS as error:
            fault = named_fault(error)
            if isinstance(fault, Refused) and fault.code in WRONG_TOKEN:
                raise SettingsProblem(
                    [
                        Problem(
                            "SLACK_BOT_TOKEN",
                            f"Slack does not accept SLACK_BOT_TOKEN ({fault.code}); install the app again and copy its bot token.",
                        )
                    ]
                ) from None
            raise fault from None
        self.people.bot_user = str(answer.get("user_id") or "")
        own = str(answer.get("team_id") or "")
        if self.settings.slack_team_ids:
            if own and own not in self.settings.slack_team_ids:
                log.warning("the token's own workspace is not in SLACK_TEAM_IDS", team=own)
        elif own:
            self.people.team_ids = frozenset({own})
        self.known = True

    async def stay_connected(self) -> None:
        """Keeps asking until Slack answered once, then holds the Socket Mode connection when that is the transport."""
        pause = 1.0
        while not self.known:
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)
            try:
                await self.introduce()
            except SettingsProblem as problem:
                log.error("Slack cannot be used", why=str(problem))
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is said and asked again
                log.warning("Slack cannot be asked yet", why=str(fault))
        if self.settings.socket_mode:
            await self._socket()

    async def _socket(self) -> None:
        handler = self._handler = AsyncSocketModeHandler(self.app, self.settings.slack_app_token.get_secret_value())
        pause = 1.0
        try:
            while True:
                try:
                    await handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK types none of it
                    break
                except FAULTS as error:
                    log.warning("Socket Mode cannot connect yet", why=str(named_fault(error)))
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 30.0)
            log.info("connected to Slack by Socket Mode")
            await asyncio.Event().wait()
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # the SDK types none of it

    async def health(self) -> Health:
        """integrations.base.Checked."""
        try:
            answer: Any = await self.client.auth_test()
        except FAULTS as error:
            fault = named_fault(error)
            return Health(
                "Slack",
                False,
                fault.reason,
                "Run “keyturn doctor” for what to do.",
                kind="settings" if isinstance(fault, Refused) else "down",
            )
        except SlackApiError as error:
            return Health("Slack", False, type(error).__name__, kind="down")
        return Health("Slack", True, f"workspace {answer.get('team') or answer.get('team_id')}")


@asynccontextmanager
async def connect(settings: Settings, systems: Systems, background: Background) -> AsyncIterator[Slack]:
    """Builds everything and introduces itself once. A wrong token is a SettingsProblem; a Slack that is down is asked again later."""
    async with web_client(settings) as client:
        bolt_log = logging.getLogger("slack_bolt")
        app = AsyncApp(
            client=client,
            signing_secret=settings.slack_signing_secret.get_secret_value() or None,
            process_before_response=True,
            request_verification_enabled=not settings.socket_mode,
            logger=bolt_log,
        )
        people = SlackPeople(client, systems.directory, frozenset(settings.slack_team_ids))
        chat = SlackChat(client)
        form = SlackForm(client, people, systems.directory, settings.timezone)
        secret = settings.slack_signing_secret.get_secret_value()
        endpoint = SlackEndpoint(app, secret, lambda team: team in people.team_ids) if secret and not settings.socket_mode else None
        slack = Slack(settings, app, client, people, chat, form, background, endpoint)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await slack.introduce()
        except SettingsProblem:
            raise
        except Exception as fault:  # noqa: BLE001 - Slack being down must not keep the process from starting
            log.warning("Slack cannot be asked yet; it will be asked again", why=str(fault) or type(fault).__name__)
        yield slack
