"""The outside world, a process of its own: the stand-ins with many people, who open the form before they send it.

It is spoken to in lines of JSON. First it says the settings that point Keyturn at it. Then it is asked to
`accept` the policy, to let people `open` the form (their filled submissions go into a file, unsigned, one a line),
and to `count` what has reached it.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox import slack_shapes, world
from sandbox.company import Company
from sandbox.okta_people import from_world
from sandbox.servicenow_rows import person as caller
from sandbox.slack_delivery import encode
from sandbox.world import Person

AT_A_TIME = 24
ANSWERS = {"which account": "Payroll", "what went wrong": "I forgot it", "why is it": "I have to approve the invoices of this week."}
_IDS = re.compile(r"/(?:00u|0oa|00g|opf|uft|v2mst|inc)[\w.-]+|/[0-9a-f]{32}")


def employee(number: int) -> Person:
    """One of many: in Slack, Okta and ServiceNow, with the usual applications and a phone."""
    okta = f"00ubench{number:010d}h7"
    return Person(
        okta, f"Person{number} Bench", f"person{number}@example.com", f"U0B{number:07d}", okta,
        apps=("Payroll", "Finance ERP", "VPN", "Travel Desk", "Build Server"),
    )  # fmt: skip


class Outside:
    """A company with `people` employees more; their pushes are approved at once."""

    def __init__(self, folder: Path, people: int, callers: int) -> None:
        self.company = Company(folder, extra={"KEYTURN_BREAKER": "1000000", "KEYTURN_LOG_FORMAT": "json"})
        company = self.company
        company.okta.auto_approve = True
        self.people = [employee(number) for number in range(people)]
        for one in self.people:
            company.slack.ws.add_person(one.key, one.name, one.email, slack_id=one.slack)
            company.okta.people[one.key] = from_world(one)
        for one in self.people[:callers]:
            row = caller(one.email, one.name, seed=one.key)
            company.servicenow.tables["sys_user"][row["sys_id"]] = row

    async def accept(self) -> None:
        await self.company.accept_policy()

    async def open(self, first: int, last: int, file: str) -> None:
        """People `first` to `last` (not included) open the form by the command and fill it in, without sending it."""
        slack = self.company.slack
        turns = asyncio.Semaphore(AT_A_TIME)

        async def one(who: Person) -> bytes:
            async with turns:
                answer = await slack.command(who)
                if not answer.ok:
                    raise RuntimeError(f"the command was answered with {answer.status}")
                await slack.fill(who, ANSWERS, submit=False, within=10)
            user = slack.ws.find(who)
            view = slack.top(user)
            if view is None:
                raise RuntimeError(f"{who.name} has no open form")
            return encode("interactive", slack_shapes.submission(slack.ws, user, view))[0]

        bodies = await asyncio.gather(*(one(who) for who in self.people[first:last]))
        Path(file).write_bytes(b"\n".join(bodies))  # noqa: ASYNC240 - nothing else is to happen meanwhile

    def count(self) -> dict[str, Any]:
        company = self.company
        ledgers = (("Okta", company.okta), ("Slack", company.slack), ("ServiceNow", company.servicenow))
        calls = Counter(f"{name} {c.method} {_IDS.sub('/{id}', c.path)}" for name, ledger in ledgers for c in ledger.calls)
        return {
            "links": len(company.okta.outbox), "mails": len(company.mail.messages), "faults": company.slack.ws.faults[:5],
            "resolved": sum(row["state"] == "6" for row in company.servicenow.incidents), "calls": dict(sorted(calls.items())),
        }  # fmt: skip

    def forget(self) -> None:
        """Begins the count of calls anew."""
        for ledger in (self.company.okta, self.company.slack, self.company.servicenow):
            ledger.calls.clear()


async def serve(folder: Path, people: int, callers: int) -> None:
    outside = Outside(folder, people, callers)
    await outside.company.open()
    company = outside.company
    _say({"environment": company.environment(), "port": company.port, "team": world.TENANT, "owner": world.FALLBACK_OWNER.slack})
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            told = json.loads(line)
            try:
                _say(await _done(outside, told))
            except Exception as error:  # noqa: BLE001 - whoever asked has to hear it
                _say({"error": f"{type(error).__name__}: {error}"})
    finally:
        await company.close()


async def _done(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    match told["do"]:
        case "accept":
            await outside.accept()
        case "open":
            await outside.open(told["first"], told["last"], told["file"])
        case "count":
            return outside.count()
        case "forget":
            outside.forget()
        case other:
            raise LookupError(f"no deed {other!r}")
    return {"ok": True}


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def main(arguments: Sequence[str]) -> None:
    asyncio.run(serve(Path(arguments[0]), int(arguments[1]), int(arguments[2])))


if __name__ == "__main__":
    main(sys.argv[1:])
