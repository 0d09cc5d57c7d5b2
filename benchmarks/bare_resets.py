"""The calls of a reset and nothing around them: the same SDKs, no rows, no record, no judgement, no model.

`CALLS` is the fixed list: what Slack, Okta, ServiceNow and the mail server must be asked for one standard reset, second
reads before the effect included. It is made as fast as a script can: shared sessions, look-ups side by side.

Spoken to in lines of JSON: `{"first": 0, "last": 20}` resets these people; the answer says how long it took.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import aiosmtplib
import pysnow
import requests
from okta.cache import no_op_cache
from okta.request_executor import RequestExecutor
from requests.adapters import HTTPAdapter
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.outside import employee

T = TypeVar("T")

IN_FLIGHT = 64
THREADS = 8
FIRST_LOOK = 1.0
"""Seconds between the push and the look at its answer, as in Keyturn."""

CALLS = (
    ("Slack", "users.info"), ("Slack", "conversations.open"), ("Slack", "chat.postMessage, 2: progress, outcome"),
    ("Slack", "chat.update, 3: taken up, number to pick, done"),
    ("Okta", "search by e-mail"), ("Okta", "applications, groups, roles, factors"), ("Okta", "factors, right before the push"),
    ("Okta", "verify (push)"), ("Okta", "transaction (1 poll)"), ("Okta", "account, applications, groups, roles, factors again"),
    ("Okta", "reset_password"), ("Okta", "account, for the address of the notice"),
    ("ServiceNow", "the caller, their open incidents"), ("ServiceNow", "look up by correlation_id, create"),
    ("ServiceNow", "read the incident, resolve"), ("SMTP", "one mail with login"),
)  # fmt: skip
"""Of one reset: 7 calls of Slack, 15 of Okta, 6 of ServiceNow, 1 mail."""


class Script:
    """Clients as the product has them, without what it adds."""

    def __init__(self, settings: dict[str, str], session: aiohttp.ClientSession, slack_session: aiohttp.ClientSession) -> None:
        self.settings = settings
        self.slack = AsyncWebClient(settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"], session=slack_session)
        self.base = settings["OKTA_CLIENT_ORGURL"]
        client = {"orgUrl": self.base, "token": settings["OKTA_CLIENT_TOKEN"], "authorizationMode": "SSWS", "requestTimeout": 0,
                  "userAgent": "bare", "rateLimit": {"maxRetries": 0}, "raiseException": False}  # fmt: skip
        config = {"client": client, "testing": {"testingDisableHttpsCheck": True}}
        executor: Any = RequestExecutor  # the SDK has no annotations in these two
        cache: Any = no_op_cache.NoOpCache
        self.okta = executor(config, cache())
        self.okta.set_session(session)
        web = requests.Session()
        web.auth = (settings["SERVICENOW_USER"], settings["SERVICENOW_PASSWORD"])
        web.mount("http://", HTTPAdapter(pool_maxsize=THREADS, pool_block=True))
        web.trust_env = False
        self.now = pysnow.Client(host=settings["SERVICENOW_URL"].removeprefix("http://"), use_ssl=False, session=web)
        self.pool = ThreadPoolExecutor(THREADS)
        self.turns = asyncio.Semaphore(IN_FLIGHT)

    # ------------------------------------------------------------ one call each

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request, error = await self.okta.create_request(method, f"{self.base}/api/v1{path}", body=body or {})
        if error is not None:
            raise RuntimeError(f"{method} {path}: {error}")
        _, text, error = await self.okta.execute(request)
        if error is not None:
            raise RuntimeError(f"{method} {path}: {error}")
        return json.loads(text) if text else {}

    async def looked(self, person: str) -> dict[str, Any]:
        """Applications, groups, roles and factors, side by side."""
        names = ("appLinks", "groups", "roles", "factors")
        answers = await asyncio.gather(*(self.ask("GET", f"/users/{person}/{name}") for name in names))
        return dict(zip(names, answers, strict=True))

    async def thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    def rows(self, table: str, query: str, limit: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.now.resource(api_path=f"/table/{table}").get(query=query, limit=limit).all()
        return found

    def create(self, values: dict[str, str]) -> dict[str, Any]:
        return dict(self.now.resource(api_path="/table/incident").create(values).one())

    def resolve(self, incident: str, notes: str) -> None:
        self.now.resource(api_path="/table/incident").request("GET", path_append=f"/{incident}").one()
        values = {"state": "6", "close_code": "Solved (Permanently)", "close_notes": notes}
        self.now.resource(api_path="/table/incident").request("PATCH", path_append=f"/{incident}", data=json.dumps(values)).one()

    async def mail(self, to: str, text: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "password-reset@example.com", to, "Your password is being reset"
        message.set_content(text)
        s = self.settings
        await aiosmtplib.send(
            message, hostname=s["SMTP_HOST"], port=int(s["SMTP_PORT"]), username=s["SMTP_USERNAME"], password=s["SMTP_PASSWORD"],
            start_tls=False, local_hostname="example.com",
        )  # fmt: skip

    # ------------------------------------------------------------ one reset

    async def reset(self, number: int) -> None:
        """CALLS, in order, for one person."""
        async with self.turns:
            who = employee(number)
            await self.slack.users_info(user=who.slack, include_locale=True)
            channel = str((await self.slack.conversations_open(users=who.slack))["channel"]["id"])
            post = await self.slack.chat_postMessage(channel=channel, text="Got it.", blocks=blocks("Got it."))
            search = quote(f'profile.email eq "{who.email}"', safe="")
            found = await self.ask("GET", f"/users?search={search}")
            person = str(found[0]["id"])
            _, caller = await asyncio.gather(self.looked(person), self.thread(lambda: self._context(who.email)))
            ticket = await self.thread(lambda: self._ticket(f"BARE-{number}", caller))
            await self._edit(channel, post["ts"], f"Taken up as {ticket['number']}.")
            factor = str((await self.ask("GET", f"/users/{person}/factors"))[0]["id"])
            push = await self.ask("POST", f"/users/{person}/factors/{factor}/verify", {"useNumberMatchingChallenge": True})
            await self._edit(channel, post["ts"], f"Pick {push['_embedded']['challenge']['correctAnswer']} on your phone.")
            await asyncio.sleep(FIRST_LOOK)
            transaction = push["_links"]["poll"]["href"].rpartition("/")[2]
            answer = await self.ask("GET", f"/users/{person}/factors/{factor}/transactions/{transaction}")
            if answer["factorResult"] != "SUCCESS":
                raise RuntimeError(f"{who.email}: {answer['factorResult']}")
            await asyncio.gather(self.ask("GET", f"/users/{person}"), self.looked(person))
            await self.ask("POST", f"/users/{person}/lifecycle/reset_password?sendEmail=true")
            await self._edit(channel, post["ts"], "Done.")
            await self.slack.chat_postMessage(channel=channel, text="Look into your mail.", blocks=blocks("Look into your mail."))
            account = await self.ask("GET", f"/users/{person}")
            await self.mail(account["profile"]["email"], "A reset of your password was asked for.")
            await self.thread(lambda: self.resolve(ticket["sys_id"], "Okta mailed a reset link."))

    async def _edit(self, channel: str, ts: Any, text: str) -> None:
        await self.slack.chat_update(channel=channel, ts=str(ts), text=text, blocks=blocks(text))

    def _context(self, email: str) -> str:
        caller = str(self.rows("sys_user", f"email={email}^active=true", 10)[0]["sys_id"])
        self.rows("incident", f"caller_id={caller}^active=true^ORDERBYDESCsys_created_on", 30)
        return caller

    def _ticket(self, reference: str, caller: str) -> dict[str, Any]:
        if found := self.rows("incident", f"correlation_id={reference}", 100):
            return found[0]
        return self.create({"short_description": f"Password reset {reference}", "correlation_id": reference, "caller_id": caller})


def blocks(text: str) -> list[dict[str, Any]]:
    """A message of the size of ours: a heading, a paragraph, two fields, a button."""
    field = [{"type": "mrkdwn", "text": f"*{name}*\nPayroll"} for name in ("Target", "Reference")]
    return [
        {"type": "header", "text": {"type": "plain_text", "text": "Password reset"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text}, "fields": field},
        {"type": "actions", "elements": [{"type": "button", "action_id": "cancel", "text": {"type": "plain_text", "text": "Withdraw"}}]},
    ]


async def main() -> None:
    limit = aiohttp.TCPConnector(limit=64, keepalive_timeout=30)
    async with aiohttp.ClientSession(connector=limit) as session, aiohttp.ClientSession() as slack_session:
        script = Script(dict(os.environ), session, slack_session)
        print(json.dumps({"ok": True}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            told = json.loads(line)
            begun = time.perf_counter()
            await asyncio.gather(*(script.reset(number) for number in range(told["first"], told["last"])))
            print(json.dumps({"seconds": time.perf_counter() - begun}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
