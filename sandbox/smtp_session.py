"""One conversation of the mail stand-in: the commands, in the order that RFC 5321 (section 4.1.4) allows."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.mail import MailStandIn

_PATH = re.compile(r"<([^<>\r\n ]*)>(.*)", re.DOTALL)


class Session:
    def __init__(self, server: MailStandIn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._encrypted = server.implicit_tls
        self._greeted = self._logged_in = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        if not await self._answered("CONNECT", "", 220, "mail.example.com ESMTP"):
            return
        while line := await self._reader.readline():
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb, _, rest = text.partition(" ")
            if not await self._command(verb.upper(), rest):
                return

    async def _command(self, verb: str, rest: str) -> int:
        """The code of the answer, 0 when the conversation is over. A switch may have put another in the place of ours,
        so what a command does is done after its answer went out."""
        match verb:
            case "EHLO":
                self._greeted = True
                return await self._answered(verb, rest, 250, *self._extensions())
            case "HELO":
                self._greeted = True
                return await self._answered(verb, rest, 250, "mail.example.com")
            case "NOOP":
                return await self._answered(verb, rest, 250, "2.0.0 OK")
            case "RSET":
                self._sender, self._recipients = None, []
                return await self._answered(verb, rest, 250, "2.0.0 OK")
            case "QUIT":
                await self._answered(verb, rest, 221, "2.0.0 Bye")
                return 0
            case "STARTTLS":
                return await self._starttls(rest)
            case "AUTH":
                return await self._auth(rest)
            case "MAIL":
                return await self._mail(rest)
            case "RCPT":
                return await self._rcpt(rest)
            case "DATA":
                return await self._data(rest)
        return await self._answered(verb[:20], rest, 500, "5.5.1 Command not recognised")

    # ------------------------------------------------------------ commands

    async def _starttls(self, rest: str) -> int:
        context = self._server.tls_context
        if context is None or self._encrypted:
            return await self._answered("STARTTLS", rest, 502, "5.5.1 Not offered")
        code = await self._answered("STARTTLS", rest, 220, "2.0.0 Ready")
        if code == 220:
            await self._writer.start_tls(context)
            self._encrypted = True
            self._greeted = self._logged_in = False  # RFC 3207, section 4.2: all that was said before is forgotten
        return code

    async def _auth(self, rest: str) -> int:
        method, _, initial = rest.partition(" ")
        if not self._may_log_in():
            return await self._answered("AUTH", rest, 538, "5.7.11 Encryption required")
        match method.upper():
            case "PLAIN":
                told = initial or await self._asked("")
                parts = _decoded(told).split("\0")
                user, password = (parts[1], parts[2]) if len(parts) == 3 else ("", "")
            case "LOGIN":
                user = _decoded(initial or await self._asked("Username:"))
                password = _decoded(await self._asked("Password:"))
            case _:
                return await self._answered("AUTH", rest, 504, "5.5.4 Unrecognised authentication type")
        if not user or (user, password) != (self._server.username, self._server.password):
            return await self._answered("AUTH", rest, 535, "5.7.8 Authentication credentials invalid")
        code = await self._answered("AUTH", rest, 235, "2.7.0 Accepted")
        self._logged_in = code == 235
        return code

    async def _mail(self, rest: str) -> int:
        if not self._greeted:
            return await self._answered("MAIL", rest, 503, "5.5.1 Say EHLO first")
        if self._server.username and not self._logged_in:
            return await self._answered("MAIL", rest, 530, "5.7.0 Authentication required")
        match = _PATH.match(rest.removeprefix("FROM:").removeprefix("from:").lstrip())
        if match is None:
            return await self._answered("MAIL", rest, 501, "5.5.4 Syntax: MAIL FROM:<address>")
        size = re.search(r"SIZE=(\d+)", match[2], re.IGNORECASE)
        if size and int(size[1]) > self._server.largest:
            return await self._answered("MAIL", rest, 552, "5.3.4 Message size exceeds fixed limit")
        code = await self._answered("MAIL", rest, 250, "2.1.0 OK")
        if code == 250:
            self._sender, self._recipients = match[1], []
        return code

    async def _rcpt(self, rest: str) -> int:
        if self._sender is None:
            return await self._answered("RCPT", rest, 503, "5.5.1 Say MAIL first")
        match = _PATH.match(rest.removeprefix("TO:").removeprefix("to:").lstrip())
        if match is None:
            return await self._answered("RCPT", rest, 501, "5.5.4 Syntax: RCPT TO:<address>")
        refusal = self._server.refusal_of(match[1])
        if refusal is not None:
            return await self._answered("RCPT", rest, *refusal)
        code = await self._answered("RCPT", rest, 250, "2.1.5 OK")
        if code == 250:
            self._recipients.append(match[1])
        return code

    async def _data(self, rest: str) -> int:
        if not self._recipients:
            return await self._answered("DATA", rest, 503, "5.5.1 Say RCPT first")
        await self._send(354, "End data with <CR><LF>.<CR><LF>")
        raw = await self._text()
        if len(raw) > self._server.largest:
            return await self._answered("DATA", rest, 552, "5.3.4 Message size exceeds fixed limit")
        failure = self._server.switch("DATA")
        sender, recipients, self._sender, self._recipients = self._sender or "", self._recipients, None, []
        if failure is None or failure.after or failure.kind == "slow":
            from sandbox.mail import Received  # late: the two know each other

            self._server.messages += [Received(sender, to, raw, self._encrypted) for to in recipients]
        call = self._server.arrived("DATA", rest)
        instead = None if failure is None else await self._failed(failure.kind, failure.seconds)
        if instead is not None:
            call.status = instead
            return instead
        call.status = 250
        await self._send(250, f"2.0.0 Queued as {len(self._server.messages):05}")
        return 250

    async def _text(self) -> bytes:
        """Up to the lonely dot; dots that were doubled on the way are single again (RFC 5321, section 4.5.2)."""
        lines: list[bytes] = []
        while (line := await self._reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionResetError("the text was cut off")
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    # ------------------------------------------------------------ lines

    def _extensions(self) -> list[str]:
        lines = ["mail.example.com", f"SIZE {self._server.largest}", "8BITMIME"]
        if self._server.tls_context is not None and not self._encrypted:
            lines.append("STARTTLS")
        if self._server.username and self._may_log_in():
            lines.append("AUTH PLAIN LOGIN")
        return lines

    def _may_log_in(self) -> bool:
        """Passwords only over TLS where TLS is on offer."""
        return self._encrypted or self._server.tls_context is None

    async def _asked(self, prompt: str) -> str:
        await self._send(334, base64.b64encode(prompt.encode()).decode())
        return (await self._reader.readline()).decode("ascii", "replace").strip()

    async def _answered(self, verb: str, rest: str, code: int, *lines: str) -> int:
        """Writes the ledger, obeys the switches, then answers. What went out, 0 when the connection is gone."""
        call = self._server.arrived(verb, rest)
        failure = self._server.switch(verb)
        instead = None if failure is None else await self._failed(failure.kind, failure.seconds)
        if instead is not None:
            call.status = instead
            return instead
        call.status = code
        await self._send(code, *lines)
        return code

    async def _failed(self, kind: str, seconds: float) -> int | None:
        """What went out in the place of the answer, 0 for a connection that is gone; None: answer now."""
        match kind:
            case "slow":
                await asyncio.sleep(seconds)
            case "hang":
                await asyncio.sleep(3600)
            case "drop":
                self._writer.transport.abort()
                return 0
            case "malformed":
                self._writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                await self._writer.drain()
                return 1
            case code if code.isdecimal():
                await self._send(int(code), "4.0.0 failure switch" if code.startswith("4") else "5.0.0 failure switch")
                return 0 if code == "421" else int(code)  # 421 is "closing"
            case other:
                raise LookupError(f"no failure kind {other!r}")
        return None

    async def _send(self, code: int, *lines: str) -> None:
        for i, line in enumerate(lines):
            self._writer.write(f"{code}{' ' if i == len(lines) - 1 else '-'}{line}\r\n".encode())
        await self._writer.drain()


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
