"""The people, applications and policy of the demo and the tests: one small company that does not exist.

Ids look like the real ones, so that code which checks their shape is exercised.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

TENANT = "T0KEYTURN1"
TEAMS_TENANT = "6f0a7c1e-3b52-4d57-9d0e-2f5a1b7c9e11"


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    name: str
    email: str
    slack: str
    okta: str
    status: str = "ACTIVE"
    apps: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    factors: tuple[str, ...] = ("push",)
    provider: str = "OKTA"
    manager: str = ""
    """The key of their manager."""
    slack_flags: frozenset[str] = field(default_factory=frozenset)
    """is_bot, is_restricted, is_ultra_restricted, is_stranger, deleted"""

    @property
    def entra(self) -> str:
        """Their Entra object id."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.key}.entra.example.com"))

    @property
    def upn(self) -> str:
        """Their user principal name; a guest's is the one that Entra makes of the address at home."""
        guest = self.slack_flags & {"is_restricted", "is_ultra_restricted"}
        return f"{self.email.replace('@', '_')}#EXT#@example.com" if guest else self.email


PEOPLE: dict[str, Person] = {p.key: p for p in (
    Person("emma", "Emma Clarke", "emma.clarke@example.com", "U0EMMA0001", "00uemma0000000001h7", apps=("Payroll", "Finance ERP", "VPN", "Travel Desk", "Build Server"), manager="priya"),
    Person("ravi", "Ravi Rao", "ravi.rao@example.com", "U0RAVI0001", "00uravi0000000001h7", apps=("Payroll", "VPN"), manager="priya"),
    Person("priya", "Priya Nair", "priya.nair@example.com", "U0PRIYA001", "00upriya000000001h7", apps=("Payroll", "Finance ERP"), groups=("Finance Owners",)),
    Person("sam", "Sam Ortiz", "sam.ortiz@example.com", "U0SAM00001", "00usam00000000001h7", apps=("Payroll", "Admin Console"), groups=("IT Service Desk",)),
    Person("lena", "Lena Vogt", "lena.vogt@example.com", "U0LENA0001", "00ulena0000000001h7", apps=("Payroll", "VPN"), groups=("IT Service Desk",)),
    Person("omar", "Omar Haddad", "omar.haddad@example.com", "U0OMAR0001", "00uomar0000000001h7", apps=("Payroll",), roles=("SUPER_ADMIN",)),
    Person("lucy", "Lucy Park", "lucy.park@example.com", "U0LUCY0001", "00ulucy0000000001h7", status="LOCKED_OUT", apps=("Payroll",)),
    Person("sune", "Sune Holm", "sune.holm@example.com", "U0SUNE0001", "00usune0000000001h7", status="SUSPENDED", apps=("Payroll",)),
    Person("dora", "Dora Weiss", "dora.weiss@example.com", "U0DORA0001", "00udora0000000001h7", status="DEPROVISIONED", apps=()),
    Person("rex", "Rex Moreau", "rex.moreau@example.com", "U0REX00001", "00urex00000000001h7", status="RECOVERY", apps=("Payroll",)),
    Person("stan", "Stan Novak", "stan.novak@example.com", "U0STAN0001", "00ustan0000000001h7", status="STAGED", apps=("Payroll",)),
    Person("nora", "Nora Lind", "nora.lind@example.com", "U0NORA0001", "00unora0000000001h7", apps=("Payroll",), factors=()),
    Person("adam", "Adam Fox", "adam.fox@example.com", "U0ADAM0001", "00uadam0000000001h7", apps=("Payroll",), provider="ACTIVE_DIRECTORY"),
    Person("mallory", "Mallory Quinn", "mallory.quinn@example.com", "U0MALLORY1", "00umallory0000001h7", apps=("Payroll",)),
    Person("guest", "Gus Guest", "gus@guest.example.com", "U0GUEST001", "", slack_flags=frozenset({"is_restricted"})),
    Person("nobody", "Una Bound", "una.bound@example.com", "U0UNBOUND1", ""),
)}

ADMIN = PEOPLE["sam"]
FALLBACK_OWNER = PEOPLE["lena"]

POLICY = """\
# Password resets

Employees may reset the password of their own account. Sensitive applications need their owner's agreement.

## Applications

| Application | Okta label | Tier | Owner | Reset path |
|---|---|---|---|---|
| Payroll | Payroll | Standard | priya.nair@example.com | Okta link |
| VPN | VPN | Standard | group:IT Service Desk | Okta link |
| Finance ERP | Finance ERP | Sensitive | priya.nair@example.com | Okta link |
| Admin Console | Admin Console | Privileged | group:IT Service Desk | Manual |
| Build Server | Build Server | Standard | group:IT Service Desk | Manual |
| Travel Desk | Travel Desk | Standard | priya.nair@example.com | https://travel.example.com/reset |

## Rules

| Rule | Setting |
|---|---|
| Self-service resets | allowed |
| Identity check | Okta Verify push |
| On behalf of someone else | escalate |
| Privileged groups | Domain Admins, Payment Approvers |
| Privileged account owner | group:IT Service Desk |
| Resets per person per day | 3 |

## Confirming who someone is

A person is confirmed by a prompt on a phone that they enrolled themselves. Nobody is confirmed by what they
know about a colleague, by a telephone call, or by a message that says who they are.
"""
