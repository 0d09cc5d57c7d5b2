"""A database with its tables, and Okta as a stand-in over a real socket: what dialogs that only look need."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.triage import Triage
from cards.card import Card
from dialogs.chat import Bind, Bound, Identity, Profile, Shown
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import House, Services
from integrations.base import Account, Page, SystemFault
from integrations.okta import Okta
from sandbox.okta import OktaStandIn
from sandbox.world import ADMIN, FALLBACK_OWNER, PEOPLE, POLICY, TENANT
from storage import moments, requests
from storage.database import Database, open_database, transaction, upgrade
from storage.models import Request
from tests.integrations.okta_pair import connected

KEY = b"an audit key of the tests, long enough"


@dataclass
class Written:
    """The page of the policy, as a source that always answers."""

    text: str = POLICY
    name: str = "file policy.md"

    async def fetch(self) -> Page:
        return Page("1", "Password resets", "12", self.text, "markdown")

    async def search(self, words: str) -> tuple[()]:
        return ()


@dataclass
class Colleagues:
    """Everybody of the sandbox's company in one workspace."""

    okta: Okta

    async def profile(self, who: Identity, *, fresh: bool = False) -> Profile | None:
        person = next((p for p in PEOPLE.values() if p.slack == who.user), None)
        return Profile(person.email, person.name) if person else None

    async def verified(self, who: Identity) -> Bound:
        profile = await self.profile(who)
        try:
            found = await self.okta.find(profile.email) if profile else ()
        except SystemFault as fault:
            return Bound(Bind.UNKNOWN, profile, why=fault.reason)
        return Bound(Bind.ONE, profile, found[0]) if len(found) == 1 else Bound(Bind.NONE)

    async def locate(self, email: str) -> tuple[Identity, ...]:
        return tuple(Identity("slack", TENANT, p.slack) for p in PEOPLE.values() if p.email == email)


class Silent:
    """Looking tells nobody."""

    async def post(self, to: Identity, card: Card, *, channel: str = "", thread: str = "", key: str = "") -> Shown:
        raise AssertionError(card.summary)

    async def edit(self, to: Identity, at: Shown, card: Card) -> None:
        raise AssertionError(card.summary)

    async def find(self, to: Identity, channel: str, key: str) -> Shown | None:
        raise AssertionError(key)

    async def whisper(self, to: Identity, channel: str, text: str) -> None:
        raise AssertionError(text)

    async def home(self, to: Identity, card: Card) -> None:
        raise AssertionError(card.summary)


@dataclass
class Office:
    """What a test works with. Time stands still until it is moved."""

    services: Services
    shelf: PolicyShelf
    source: Written
    stand_in: OktaStandIn
    okta: Okta
    moved: timedelta = field(default_factory=timedelta)

    def who(self, key: str) -> Identity:
        return Identity("slack", TENANT, PEOPLE[key].slack)

    async def account(self, key: str) -> Account:
        return (await self.okta.find(PEOPLE[key].email))[0]

    async def accept(self, text: str = POLICY) -> str:
        self.source.text = text
        fetched = await self.shelf.fetch()
        assert fetched.revision is not None, fetched.problems
        await self.shelf.accept(fetched.revision.revision, ADMIN.email, self.services.house.admins)
        return fetched.revision.revision

    async def request(self, by: str = "emma", **columns: Any) -> Request:
        """A request of somebody, escalated to Priya unless told otherwise."""
        person = PEOPLE[by]
        given = {
            "requester": person.email, "requester_name": person.name, "okta_id": person.okta, "target_okta_id": person.okta, "platform": "slack",
            "tenant": TENANT, "platform_user": person.slack, "intake": "form", "status": "Escalated", "decision": "Escalated", "rule": "11",
            "owner": "priya.nair@example.com", "app_kind": "app", "app_label": "Finance ERP", "target_record": "Finance ERP",
            "summary": "I forgot it over the holidays", "rationale": "Finance ERP is Sensitive.", "due_at": self.services.now() + timedelta(hours=4),
            "verdict": {"verdict": {"rule": "11", "outcome": "escalate", "effect": "reset", "rationale": "Finance ERP is Sensitive.", "sensitive": True}},
        }  # fmt: skip
        async with transaction():
            return await requests.create(**{**given, **columns})

    async def change(self, request: Request, **columns: Any) -> Request:
        async with transaction():
            return await requests.change(request, **columns)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "keyturn.db"
    asyncio.run(upgrade(f"sqlite://{path}"))
    return path


@pytest.fixture
async def db(tmp_path: Path, made: Path) -> AsyncIterator[Database]:
    shutil.copy(made, tmp_path / "keyturn.db")
    async with await open_database(f"sqlite://{tmp_path / 'keyturn.db'}", KEY) as database:
        yield database


@pytest.fixture
async def office(db: Database) -> AsyncIterator[Office]:
    async with connected(attempts=1) as (stand_in, okta):
        source = Written()
        house = House(enforce=True, fallback_owner=FALLBACK_OWNER.email, admins=frozenset({ADMIN.email}), breaker=100)
        services = Services(house, okta, None, source, None, Colleagues(okta), Silent(), Triage("offline"))
        office = Office(services, PolicyShelf(source, FALLBACK_OWNER.email), source, stand_in, okta)
        begun = moments.now()
        services.now = lambda: begun + office.moved
        await office.accept()
        yield office
