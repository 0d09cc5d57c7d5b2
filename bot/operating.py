"""What an operator's verb needs of the house: rows, systems, and the chat client to look people up with. No server, no worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from agent.triage import Triage
from bot.background import Background
from bot.chats import Chats, Everyone
from bot.house import house
from bot.people import SlackPeople
from bot.settings import Settings
from bot.slack_chat import SlackChat
from bot.slack_client import web_client
from bot.systems import build, open_session
from dialogs.chat import Chat, People
from dialogs.judging import Judge
from dialogs.policy_in_force import PolicyShelf
from dialogs.review import Review
from dialogs.services import Services
from storage.database import open_database


@dataclass(frozen=True)
class Desk:
    """The services, and the review over them."""

    services: Services
    shelf: PolicyShelf
    review: Review


@asynccontextmanager
async def operating(settings: Settings) -> AsyncIterator[Desk]:
    """Opens what is needed and closes it. Works beside a running `serve`, which carries out what is decided."""
    async with AsyncExitStack() as stack:
        database = await open_database(settings.database_url, settings.audit_key.get_secret_value().encode(), create=False)
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(open_session(settings))
        systems = build(settings, session)
        stack.callback(systems.close)
        people: dict[str, People] = {}
        chat: dict[str, Chat] = {}
        if settings.slack_on:
            client = await stack.enter_async_context(web_client(settings))
            people["slack"] = SlackPeople(client, systems.directory, frozenset(settings.slack_team_ids))
            chat["slack"] = SlackChat(client)
        if settings.teams_on:
            from bot import teams_wiring

            teams = await stack.enter_async_context(teams_wiring.connect(settings, None, systems, Background()))
            people["teams"], chat["teams"] = teams.people, teams.chat
        services = Services(
            house=house(settings),
            directory=systems.directory,
            desk=systems.desk,
            policy_source=systems.policy_source,
            post=systems.post,
            people=Everyone(people),
            chat=Chats(chat),
            triage=Triage("offline"),
        )
        shelf = PolicyShelf(systems.policy_source, settings.fallback_owner)
        yield Desk(services, shelf, Review(services, Judge(services, shelf)))
