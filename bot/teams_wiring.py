"""Teams, put together from settings: keys, sign-in, connector, edge and endpoint. botbuilder is imported from here on only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.background import Background
from bot.settings import Settings, is_loopback
from bot.systems import Systems
from bot.teams import TeamsEdge
from bot.teams_admission import Admission
from bot.teams_auth import TeamsAuthentication
from bot.teams_chat import TeamsChat
from bot.teams_check import examine, keys_and_login
from bot.teams_connector import Connector
from bot.teams_form import TeamsForm
from bot.teams_http import TeamsEndpoint
from bot.teams_keys import METADATA, Keys
from bot.teams_login import Login
from bot.teams_people import TeamsPeople
from bot.teams_review import TeamsReview
from bot.teams_tokens import Tokens
from bot.teams_turn import Turn
from dialogs.desk import Desk
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import Services
from integrations import tls
from integrations.base import Health

log = structlog.get_logger(__name__)
HOME_URL: Final = "https://smba.trafficmanager.net/teams/"
"""Where a tenant is reached in the public cloud before anybody of it was met (Microsoft Teams, Send proactive messages)."""


@dataclass
class Teams:
    """One bot, in the tenants that are let in."""

    settings: Settings
    people: TeamsPeople
    chat: TeamsChat
    form: TeamsForm
    background: Background
    endpoint: TeamsEndpoint
    login: Login
    keys: Keys
    name: str = "teams"
    path: str = "/api/messages"

    async def stay_connected(self) -> None:
        """Activities come in by HTTP alone: there is no connection to hold."""

    def listen(
        self, services: Services, desk: Desk, shelf: PolicyShelf, health: Callable[[], Awaitable[tuple[Health, ...]]]
    ) -> TeamsEdge:
        """From now on activities are taken."""
        views = TeamsReview(services, desk, shelf, self.people, self.form, health)
        edge = TeamsEdge(self.settings.teams_app_id, services, desk, self.people, self.chat, self.form, self.background, views)
        self.chat.refreshing = True
        self.endpoint.turn = lambda by, body: Turn(edge, by, body)
        return edge

    async def health(self) -> Health:
        """integrations.base.Checked."""
        return await examine(self.keys, self.login)


def unauthenticated(settings: Settings) -> bool:
    """Whether activities without a token are let in: without a password, and only where every address is this machine."""
    places = (settings.host, settings.teams_login_url, settings.teams_openid_metadata_url, *settings.teams_service_hosts)
    local = all(is_loopback(urlsplit(place).hostname or place) for place in places)
    return not settings.teams_app_password and local


@asynccontextmanager
async def connect(
    settings: Settings, session: aiohttp.ClientSession | None, systems: Systems, background: Background
) -> AsyncIterator[Teams]:
    """Builds everything; nothing is asked of Teams before it is needed. `session` None: one of its own, closed at the end."""
    if session is not None:
        yield _made(settings, session, systems, background)
        return
    connector = aiohttp.TCPConnector(ssl=tls.context(), limit=64, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as own:
        yield _made(settings, own, systems, background)


def _made(settings: Settings, http: aiohttp.ClientSession, systems: Systems, background: Background) -> Teams:
    keys, login = keys_and_login(settings, http)
    admission = Admission(
        tenants=frozenset(tenant.lower() for tenant in settings.teams_tenant_ids), hosts=frozenset(settings.teams_service_hosts)
    )
    connector = Connector(http, login, admission.reachable)
    open_door = unauthenticated(settings)
    if open_door:
        log.warning("Teams runs without authentication: anybody on this machine can speak as anybody")
    authentication = TeamsAuthentication(None if open_door else Tokens(keys, settings.teams_app_id), admission, connector)
    endpoint = TeamsEndpoint(authentication)
    home_url = HOME_URL if settings.teams_openid_metadata_url == METADATA else ""
    chat = TeamsChat(connector, settings.teams_app_id, home_url)
    people = TeamsPeople(endpoint.adapter, chat, systems.directory, admission.tenants, settings.teams_app_id, settings.timezone)
    form = TeamsForm(people, systems.directory, settings.timezone, background)
    return Teams(settings, people, chat, form, background, endpoint, login, keys)
