"""Lent tools for runs of the agent, with a ledger of what was asked of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.case import Case

OWN = ("Payroll", "Finance ERP", "VPN", "Travel Desk", "Build Server", "Jira", "Workday", "Microsoft Teams", "Salesforce")
CANARIES = ("+1 555 0100", "1984-02-29", "priya.nair@example.com", "emma.private@example.com", "ufs1canary", "00uemma0000000001h7", "tok-canary")
"""Values that a lent tool may hold by accident and that no provider may see."""


@dataclass
class LentTools:
    """A `Tools` that answers from memory. `faults` maps a method to what it raises."""

    faults: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=lambda: [{"title": "Password resets", "text": "Own account only.", "token": CANARIES[6]}])

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if name in self.faults:
            raise self.faults[name]

    async def get_row(self) -> dict[str, Any]:
        self._ask("get_row")
        return {"request_id": "IT-1048", "status": "Triaging", "priority": "Medium", "okta_id": CANARIES[5], "on_behalf": CANARIES[2]}

    async def account(self) -> dict[str, Any]:
        self._ask("account")
        return {"status": "ACTIVE", "name": "Emma Clarke", "first_name": "Emma", "last_name": "Clarke", "email": "emma.clarke@example.com",
                "login": "emma.clarke@example.com", "mobilePhone": CANARIES[0], "birth": CANARIES[1], "manager": CANARIES[2],
                "secondEmail": CANARIES[3], "factor": CANARIES[4], "id": CANARIES[5]}

    async def applications(self) -> list[str]:
        self._ask("applications")
        return list(OWN)

    async def search_policy(self, words: str) -> list[dict[str, Any]]:
        self._ask(f"search_policy {words}")
        return self.passages

    async def service_desk(self) -> list[dict[str, Any]]:
        self._ask("service_desk")
        return [{"number": "INC0010001", "state": "1", "summary": "Screen flickers", "sys_id": CANARIES[4]}]

    async def check_identity(self) -> str:
        self._ask("check_identity")
        return "none"

    async def record(self, note: str) -> None:
        self._ask("record")
        self.notes.append(note)


def case(summary: str = "I forgot my Payroll password", **fields: Any) -> Case:
    return Case(**({"request_id": "IT-1048", "summary": summary, "own_applications": OWN} | fields))
