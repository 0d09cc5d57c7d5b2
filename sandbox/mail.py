"""A mail server (RFC 5321) over a real socket: EHLO, STARTTLS, AUTH PLAIN and LOGIN, MAIL, RCPT, DATA, RSET, NOOP, QUIT.

Our own and small, because a library would bring a dependency of the demo into the product. The control API is HTTP, as
with every stand-in (`port`); mail is taken at `smtp_port`. Failure switches work with the command in the place of the
path: `fail("451", path="RCPT")`, `fail("drop", path="DATA", after=True)` (taken, then no answer). A kind that is a
number is the answer itself; `CONNECT` is the greeting.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiohttp import web

from sandbox.smtp_session import Session
from sandbox.stand_in import Call, Failure, StandIn


@dataclass(slots=True)
class Received:
    """One mail that was taken: its envelope, and its bytes as they came."""

    sender: str
    recipient: str
    raw: bytes
    encrypted: bool
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def message(self) -> EmailMessage:
        return BytesParser(EmailMessage, policy=policy.default).parsebytes(self.raw)

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")

    def shown(self) -> dict[str, Any]:
        headers = self.message
        return {"from": self.sender, "to": self.recipient, "subject": str(headers["Subject"]), "message_id": str(headers["Message-ID"]),
                "text": self.text, "encrypted": self.encrypted, "at": self.at.isoformat()}


@dataclass
class MailStandIn(StandIn):
    """`username` "" takes mail without a login. `tls_context` offers STARTTLS, or with `implicit_tls` speaks TLS from the
    start. `domains` are those it takes mail for, `unknown` the addresses in them that do not exist (550)."""

    name: str = "mail"
    username: str = "keyturn"
    password: str = "mail-password"
    tls_context: ssl.SSLContext | None = None
    implicit_tls: bool = False
    domains: tuple[str, ...] = ("example.com", "guest.example.com")
    unknown: set[str] = field(default_factory=set)
    largest: int = 256 * 1024
    smtp_port: int = 0
    messages: list[Received] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _sessions: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self, app: web.Application) -> None:
        """Only the control API."""

    async def start(self, port: int = 0, smtp_port: int = 0) -> None:
        await super().start(port)
        context = self.tls_context if self.implicit_tls else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", smtp_port, ssl=context, limit=1024 * 1024)
        self.smtp_port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        sessions = list(self._sessions)
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await super().stop()

    def state(self) -> dict[str, Any]:
        return {"messages": [m.shown() for m in self.messages], "unknown": sorted(self.unknown)}

    async def act(self, action: str, body: dict[str, Any]) -> Any:
        """refuse(recipient), accept(recipient), clear()."""
        match action:
            case "refuse":
                self.unknown.add(str(body["recipient"]).casefold())
                return sorted(self.unknown)
            case "accept":
                self.unknown.discard(str(body["recipient"]).casefold())
                return sorted(self.unknown)
            case "clear":
                self.messages.clear()
                return []
        return await super().act(action, body)

    def to(self, address: str) -> list[Received]:
        """The mails to an address, oldest first."""
        return [m for m in self.messages if m.recipient.casefold() == address.casefold()]

    # ------------------------------------------------------------ what a session asks for

    def arrived(self, verb: str, rest: str) -> Call:
        """Writes a command into the ledger; what AUTH carries stays out of it."""
        call = Call(verb, verb, {}, "" if verb == "AUTH" else rest, {}, datetime.now(UTC))
        self.calls.append(call)
        return call

    def switch(self, verb: str) -> Failure | None:
        for failure in self.failures:
            if failure.path in ("", verb):
                if failure.times is not None:
                    failure.times -= 1
                    if failure.times <= 0:
                        self.failures.remove(failure)
                return failure
        return None

    def refusal_of(self, recipient: str) -> tuple[int, str] | None:
        local, _, domain = recipient.rpartition("@")
        if not local or not domain:
            return 501, "5.1.3 Bad recipient address syntax"
        if domain.casefold() not in self.domains:
            return 554, "5.7.1 Relay access denied"
        if recipient.casefold() in self.unknown:
            return 550, "5.1.1 The mailbox does not exist"
        return None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)
        try:
            await Session(self, reader, writer).run()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the other side went away, or refused our certificate: that is its answer
        except asyncio.CancelledError:
            pass  # the stand-in stops
        finally:
            writer.close()
