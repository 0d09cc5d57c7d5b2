"""The Teams side of a benchmark, a process of its own: the stand-ins with many people, and who sends their activities.

It is spoken to in lines of JSON. First it says the settings that point a bot at it. Then it is asked to `accept` the policy, to
send `messages` to a bot, to let people open their form (`open`), and to send their `submissions`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.outside import employee
from sandbox.botframework_reading import buttons
from sandbox.botframework_records import Account, Json
from sandbox.company import Company
from sandbox.okta_people import from_world

AT_A_TIME = 16
FORM = {"kt": {"verb": "start_reset"}, "type": "task/fetch"}


class Outside:
    """A company with Teams alone and `people` employees more."""

    def __init__(self, folder: Path, people: int) -> None:
        self.company = Company(folder, slack_on=False, teams=True, extra={"KEYTURN_BREAKER": "1000000", "KEYTURN_LOG_FORMAT": "json"})
        self.accounts: list[Account] = []
        for number in range(people):
            one = employee(number)
            self.accounts.append(self.company.botframework.tenant.add_person(one.key, one.name, one.email, entra=one.entra, upn=one.email))
            self.company.okta.people[one.key] = from_world(one)
        self.filled: Json = {}

    def _activity(self, account: Account, kind: str, **more: Any) -> bytes:
        teams = self.company.botframework
        return json.dumps(teams.courier.activity(kind, account, teams.tenant.open_personal(account), **more)).encode()

    async def send(self, url: str, bodies: Sequence[bytes]) -> dict[str, Any]:
        """All of them, AT_A_TIME in flight; how long it took, and how they were answered."""
        teams = self.company.botframework
        headers = {"Authorization": f"Bearer {teams.courier.token()}", "Content-Type": "application/json; charset=utf-8"}
        statuses: Counter[int] = Counter()
        last: Any = None
        waiting = iter(bodies)

        async def sender(http: aiohttp.ClientSession) -> None:
            nonlocal last
            for body in waiting:
                async with http.post(f"{url}/api/messages", data=body, headers=headers) as response:
                    last = await response.read()
                    statuses[response.status] += 1

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_A_TIME)) as http:
            begun = time.perf_counter()
            await asyncio.gather(*(sender(http) for _ in range(AT_A_TIME)))
            seconds = time.perf_counter() - begun
        return {"seconds": seconds, "statuses": dict(statuses), "last": last.decode() if last else ""}

    async def messages(self, url: str, count: int) -> dict[str, Any]:
        """`count` messages by people in turn."""
        bodies = [self._activity(self.accounts[n % len(self.accounts)], "message", text="hello", textFormat="plain") for n in range(count)]
        told = await self.send(url, bodies)
        self.company.botframework.tenant.messages.clear()
        return told

    async def open(self, url: str, first: int, last: int) -> dict[str, Any]:
        """These people open the form; what they will send is what the form says."""
        some = self.accounts[first:last]
        fetch = {"data": FORM, "context": {"theme": "default"}}
        told = await self.send(url, [self._activity(one, "invoke", name="task/fetch", value=fetch) for one in some])
        card = json.loads(told["last"])["task"]["value"]["card"]["content"]
        choice = next(e for e in card["body"] if e["type"] == "Input.ChoiceSet" and "app" in e.get("label", ""))
        payroll = next(c["value"] for c in choice["choices"] if c["title"] == "Payroll")
        (send,) = buttons(card)
        self.filled = send["data"] | {choice["id"]: payroll}
        return told

    async def submissions(self, url: str, first: int, last: int) -> dict[str, Any]:
        value = {"data": self.filled, "context": {"theme": "default"}}
        return await self.send(url, [self._activity(one, "invoke", name="task/submit", value=value) for one in self.accounts[first:last]])


async def serve(folder: Path, people: int) -> None:
    outside = Outside(folder, people)
    await outside.company.open()
    _say({"environment": outside.company.environment(), "port": outside.company.port})
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            told = json.loads(line)
            deed = told.pop("do")
            try:
                _say(await _done(outside, deed, told))
            except Exception as error:  # noqa: BLE001 - whoever asked has to hear it
                _say({"error": f"{type(error).__name__}: {error}"})
    finally:
        await outside.company.close()


async def _done(outside: Outside, deed: str, told: dict[str, Any]) -> dict[str, Any]:
    match deed:
        case "accept":
            await outside.company.accept_policy()
            return {"ok": True}
        case "messages":
            return await outside.messages(**told)
        case "open":
            return await outside.open(**told)
        case "submissions":
            return await outside.submissions(**told)
        case other:
            raise LookupError(f"no deed {other!r}")


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
