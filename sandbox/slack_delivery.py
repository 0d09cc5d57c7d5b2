"""Deliveries into the bot: signed HTTP requests, or envelopes over Socket Mode, with Slack's time limit and retries.

Signature: HMAC-SHA256 over `v0:{timestamp}:{raw body}` (docs, verifying requests). Everything is answered within three
seconds or counts as failed; failed events come again at once, after one minute and after five (docs, Events API).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import aiohttp

from sandbox.slack_records import Json
from sandbox.slack_workspace import Workspace

Kind = Literal["events_api", "slash_commands", "interactive"]
"""As Socket Mode names the types of envelopes."""

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What came back. `status` 0: nothing did (`body` says why). Over Socket Mode an acknowledgement counts as 200.

    `errors` are the inline errors of a form, by the label of the field; `confirm` is the dialog that a button showed first;
    `ts` is the message that was written, if any.
    """

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    confirm: str = ""
    ts: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def id(self) -> str:
        return self.ts

    def also(self, **more: Any) -> Answer:
        return replace(self, **more)


@dataclass
class Delivery:
    """One thing that was sent to the bot, kept so that a test can send it again, byte for byte."""

    kind: Kind
    payload: Json
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    answer: Answer = field(default_factory=lambda: Answer(0, "not sent"))


class Sockets(Protocol):
    """The Socket Mode side: sends one envelope and waits for its acknowledgement."""

    async def send(self, kind: str, payload: Json, attempt: int, reason: str, within: float) -> Answer: ...


def sign(secret: str, timestamp: str, body: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def encode(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """The body and its content type: events as JSON, commands as a form, interactions as JSON in the field `payload`."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    if kind == "slash_commands":
        return urlencode(payload).encode(), FORM
    return urlencode({"payload": json.dumps(payload)}).encode(), FORM


@dataclass
class Courier:
    workspace: Workspace
    sockets: Sockets
    bot_url: str = ""
    path: str = "/slack/events"
    transport: Literal["http", "socket"] = "http"
    within: float = 3.0
    """Seconds the bot has to answer."""
    retry_after: tuple[float, ...] = (0.0, 60.0, 300.0)
    """When a failed event comes again, in seconds after the failure before it."""
    sent: list[Delivery] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _resting: set[asyncio.Task[Any]] = field(default_factory=set)

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(headers={"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"})

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def settle(self, within: float = 30.0) -> None:
        """Waits for the deliveries that run in the background (echoes of messages, retries), not for retries that wait for their time."""
        if not await self.workspace.until(lambda: not self._tasks - self._resting, within):
            raise TimeoutError(f"deliveries are still under way after {within:g} s")

    # ------------------------------------------------------------ sending

    async def deliver(self, kind: Kind, payload: Json) -> Answer:
        """Sends it the configured way. A failed event is sent again in the background."""
        answer = await self._once(kind, payload, 0, "")
        if kind == "events_api" and not answer.ok and "x-slack-no-retry" not in answer.headers:
            self._spawn(self._again(payload, answer))
        return answer

    def background(self, kind: Kind, payload: Json) -> None:
        """As deliver, without waiting. Nothing once the stand-in has stopped."""
        if self._session is None:
            return

        async def go() -> None:
            await self.deliver(kind, payload)
        self._spawn(go())

    async def _again(self, payload: Json, answer: Answer) -> None:
        for attempt, delay in enumerate(self.retry_after, 1):
            await self._rest(delay)
            reason = "http_timeout" if answer.body == "timeout" else "connection_failed" if answer.status == 0 else "http_error"
            answer = await self._once("events_api", payload, attempt, reason)
            if answer.ok or "x-slack-no-retry" in answer.headers:
                return

    async def _rest(self, seconds: float) -> None:
        task = asyncio.current_task()
        if task is None or seconds <= 0:
            return
        self._resting.add(task)
        self.workspace.touch()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._resting.discard(task)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.workspace.touch()

    async def _once(self, kind: Kind, payload: Json, attempt: int, reason: str) -> Answer:
        delivery = Delivery(kind, payload)
        self.sent.append(delivery)
        if self.transport == "socket":
            delivery.answer = await self.sockets.send(kind, payload, attempt, reason, self.within)
            return delivery.answer
        delivery.body, content_type = encode(kind, payload)
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        delivery.headers = self.signed(delivery.body, content_type) | retry
        delivery.answer = await self.post(delivery.body, delivery.headers)
        return delivery.answer

    def signed(self, body: bytes, content_type: str, *, secret: str | None = None, timestamp: str | None = None) -> dict[str, str]:
        """The headers of a request, with another secret or timestamp for a forged or an old one."""
        at = str(int(self.workspace.clock())) if timestamp is None else timestamp
        return {"Content-Type": content_type, "X-Slack-Request-Timestamp": at, "Accept": "application/json,*/*",
                "X-Slack-Signature": sign(self.workspace.signing_secret if secret is None else secret, at, body)}

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """These bytes with these headers, as they are."""
        if self._session is None:
            raise RuntimeError("the Slack stand-in is not started")
        try:
            async with self._session.post(self.bot_url + self.path, data=body, headers=headers,
                                          timeout=aiohttp.ClientTimeout(total=self.within)) as response:
                text = await response.text()
                got = {k.lower(): v for k, v in response.headers.items()}
        except TimeoutError:
            return Answer(0, "timeout")
        except aiohttp.ClientError as error:
            return Answer(0, f"connection failed: {type(error).__name__}")
        if "json" in got.get("content-type", ""):
            try:
                return Answer(response.status, json.loads(text) if text else "", got)
            except ValueError:
                return Answer(response.status, text, got)
        return Answer(response.status, text, got)

    # ------------------------------------------------------------ what Slack would never send, or sends twice

    async def again(self, delivery: Delivery, *, attempt: int = 0, reason: str = "http_timeout") -> Answer:
        """The same delivery once more: the same bytes and signature, or (with `attempt`) a retry signed anew."""
        if self.transport == "socket" or attempt:
            return await self._once(delivery.kind, delivery.payload, attempt, reason if attempt else "")
        return await self.post(delivery.body, delivery.headers)

    async def forged(self, kind: Kind, payload: Json, *, how: str) -> Answer:
        """A request over HTTP that must be refused. `how`: unsigned, wrong secret, old, future, no timestamp, words as timestamp,
        changed body, empty signature. LookupError for another."""
        body, content_type = encode(kind, payload)
        now = int(self.workspace.clock())
        headers = self.signed(body, content_type)
        match how:
            case "unsigned":
                headers = {"Content-Type": content_type}
            case "wrong secret":
                headers = self.signed(body, content_type, secret="not-the-secret")
            case "old":
                headers = self.signed(body, content_type, timestamp=str(now - 601))
            case "future":
                headers = self.signed(body, content_type, timestamp=str(now + 601))
            case "no timestamp":
                del headers["X-Slack-Request-Timestamp"]
            case "words as timestamp":
                headers = self.signed(body, content_type, timestamp="yesterday")
            case "changed body":
                body += b" "
            case "empty signature":
                headers["X-Slack-Signature"] = ""
            case other:
                raise LookupError(f"no way to forge called {other!r}")
        return await self.post(body, headers)

    async def verify_url(self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P") -> Answer:
        """The question that Slack asks when a request URL is set: the answer has to hold the challenge."""
        body = json.dumps({"token": self.workspace.verification_token, "challenge": challenge, "type": "url_verification"}).encode()
        return await self.post(body, self.signed(body, "application/json"))

    async def malformed(self, body: bytes, content_type: str = "application/json") -> Answer:
        """Correctly signed bytes of any kind."""
        return await self.post(body, self.signed(body, content_type))
