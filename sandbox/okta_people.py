"""What the Okta stand-in knows of one person, and the JSON that Okta makes of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.world import PEOPLE, Person

FACTOR_TYPES = {
    "push": ("push", "OKTA", "opf"),
    "totp": ("token:software:totp", "GOOGLE", "uft"),
    "sms": ("sms", "OKTA", "sms"),
    "email": ("email", "OKTA", "emf"),
    "question": ("question", "OKTA", "ufs"),
    "webauthn": ("webauthn", "FIDO", "fwf"),
}
"""Short name -> Okta's factorType, provider, and how its ids begin."""

RESETTABLE = ("ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED")


@dataclass(slots=True)
class OktaFactor:
    id: str
    kind: str
    created: datetime
    status: str = "ACTIVE"

    def json(self, base: str, user_id: str) -> dict[str, Any]:
        kind, provider, _ = FACTOR_TYPES[self.kind]
        profiles: dict[str, dict[str, Any]] = {
            "push": {"credentialId": "phone", "deviceType": "SmartPhone_IPhone", "name": "Phone", "platform": "IOS", "version": "18.1"},
            "sms": {"phoneNumber": "+1-555-415-1337"},
            "question": {"question": "disliked_food", "questionText": "What is the food you least liked as a child?"},
            "webauthn": {"credentialId": "l3Br0n-7H3g047NqESqJynFtIgf3Ix9OfaRoNwLoloso99Xl2zS_O7EXUkmPeAIzTVtEL4dYjicJWBz7NpqhGA",
                         "authenticatorName": "Key"},
            "totp": {"credentialId": "phone"},
            "email": {"email": "someone@example.com"},
        }
        return {
            "id": self.id, "factorType": kind, "provider": provider, "vendorName": provider, "status": self.status,
            "created": stamp(self.created), "lastUpdated": stamp(self.created), "profile": profiles[self.kind],
            "_links": {"self": {"href": f"{base}/api/v1/users/{user_id}/factors/{self.id}", "hints": {"allow": ["GET", "DELETE"]}}},
        }  # fmt: skip


@dataclass(slots=True)
class OktaPerson:
    key: str
    id: str
    email: str
    login: str
    name: str
    status: str
    provider: str
    manager: str
    """The manager's e-mail, "" when there is none on record."""
    manager_name: str
    created: datetime
    password_changed: datetime | None
    status_changed: datetime
    apps: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    """Ids."""
    roles: list[tuple[str, bool]] = field(default_factory=list)
    """Type, and whether it comes by a group."""
    factors: list[OktaFactor] = field(default_factory=list)
    recovery_question: bool = True
    user_type: str = "Employee"
    indexed: bool = True
    """Whether the search index has caught up with this person."""

    def json(self, base: str, *, links: dict[str, Any] | None = None) -> dict[str, Any]:
        first, _, last = self.name.partition(" ")
        self_link = f"{base}/api/v1/users/{self.id}"
        credentials: dict[str, Any] = {
            "password": {},
            "provider": {"type": self.provider, "name": "OKTA" if self.provider == "OKTA" else "corp.example.com"},
        }
        if self.recovery_question:
            credentials["recovery_question"] = {"question": "Where did you meet your first dog?"}
        return {
            "id": self.id, "status": self.status, "created": stamp(self.created),
            "activated": None if self.status == "STAGED" else stamp(self.created), "statusChanged": stamp(self.status_changed),
            "lastLogin": None, "lastUpdated": stamp(max(self.status_changed, self.password_changed or self.created)),
            "passwordChanged": stamp(self.password_changed) if self.password_changed else None, "type": {"id": "otyfnjfba4ye7pgjB0g4"},
            "profile": {
                "firstName": first, "lastName": last, "displayName": self.name, "login": self.login, "email": self.email,
                "secondEmail": f"{self.key}.private@example.com", "mobilePhone": f"+1-555-0100-{len(self.key)}{len(self.name)}",
                "userType": self.user_type, "managerId": self.manager or None, "manager": self.manager_name or None,
            },
            "credentials": credentials,
            "_links": {"self": {"href": self_link}, **(links or {})},
        }  # fmt: skip

    def app_links(self, base: str) -> list[dict[str, Any]]:
        return [
            {
                "id": self.id, "label": label, "linkUrl": f"{base}/home/bookmark/{app_id(label)}/{number}",
                "logoUrl": f"{base}/img/app.png", "appName": "bookmark", "appInstanceId": app_id(label),
                "appAssignmentId": "0ua" + app_id(label)[3:], "credentialsSetup": False, "hidden": False, "sortOrder": number,
            }
            for number, label in enumerate(self.apps)
        ]  # fmt: skip

    def role_list(self, base: str) -> list[dict[str, Any]]:
        return [
            {
                "id": f"ra{number}{self.id[3:]}", "label": kind.replace("_", " ").capitalize(), "type": kind, "status": "ACTIVE",
                "created": stamp(self.created), "lastUpdated": stamp(self.created), "assignmentType": "GROUP" if by_group else "USER",
                "_links": {"assignee": {"href": f"{base}/api/v1/users/{self.id}"}},
            }
            for number, (kind, by_group) in enumerate(self.roles, 1)
        ]  # fmt: skip

    def set_factors(self, kinds: tuple[str, ...], created: datetime) -> None:
        """KeyError for a kind that the stand-in does not know."""
        self.factors = [
            OktaFactor(f"{FACTOR_TYPES[kind][2]}{self.key}{number:07d}h7", kind, created) for number, kind in enumerate(kinds, 1)
        ]


def everybody() -> dict[str, OktaPerson]:
    """The people of the world who have an Okta account, by key, as they are when nothing has happened yet."""
    return {person.key: from_world(person) for person in PEOPLE.values() if person.okta}


def from_world(person: Person) -> OktaPerson:
    """Their account as it is when nothing has happened yet. The manager is looked for in the world, by key."""
    manager = PEOPLE.get(person.manager)
    then = datetime.now(UTC).replace(microsecond=0)
    made = OktaPerson(
        key=person.key, id=person.okta, email=person.email, login=person.email, name=person.name, status=person.status,
        provider=person.provider, manager=manager.email if manager else "", manager_name=manager.name if manager else "",
        created=then - timedelta(days=400), password_changed=None if person.status == "STAGED" else then - timedelta(days=90),
        status_changed=then - timedelta(days=1 if person.status in ("RECOVERY", "LOCKED_OUT") else 300),
        apps=list(person.apps), groups=[group_id(name) for name in ("Everyone", *person.groups)],
        roles=[(kind, False) for kind in person.roles],
    )  # fmt: skip
    made.set_factors(person.factors, then - timedelta(days=200))
    return made


def group_names() -> dict[str, str]:
    """Groups by id: those of the people, and the privileged ones that the policy names."""
    names = {"Everyone", "Domain Admins", "Payment Approvers", *(group for person in PEOPLE.values() for group in person.groups)}
    return {group_id(name): name for name in sorted(names)}


def app_id(label: str) -> str:
    return "0oa" + _digest(label)


def group_id(name: str) -> str:
    return "00g" + _digest(name)


def group_json(base: str, id: str, name: str) -> dict[str, Any]:
    then = "2025-01-15T08:00:00.000Z"
    kind = "BUILT_IN" if name == "Everyone" else "OKTA_GROUP"
    return {
        "id": id, "created": then, "lastUpdated": then, "lastMembershipUpdated": then, "objectClass": ["okta:user_group"],
        "type": kind, "profile": {"name": name, "description": f"The group {name}"},
        "_links": {"users": {"href": f"{base}/api/v1/groups/{id}/users"}},
    }  # fmt: skip


def stamp(moment: datetime) -> str:
    """As Okta writes moments: UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:15] + "h7"
