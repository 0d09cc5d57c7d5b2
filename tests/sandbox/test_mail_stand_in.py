"""The mail stand-in takes and refuses as RFC 5321 says, line by line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.mail import MailStandIn


class Telnet:
    """Types lines, returns the last line of each answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> str:
        while line := (await self.reader.readline()).decode():
            if line[3:4] == " ":
                return line.rstrip()
        return ""

    async def type(self, *lines: str) -> str:
        answer = ""
        for line in lines:
            self.writer.write(line.encode() + b"\r\n")
            answer = await self.answer()
        return answer


@pytest.fixture
async def server() -> AsyncIterator[MailStandIn]:
    server = MailStandIn(username="")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def telnet(server: MailStandIn) -> AsyncIterator[Telnet]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.smtp_port)
    telnet = Telnet(reader, writer)
    assert (await telnet.answer()).startswith("220 ")
    yield telnet
    writer.close()


MAIL, RCPT = "MAIL FROM:<a@example.com>", "RCPT TO:<emma.clarke@example.com>"


async def test_a_mail_by_hand(server: MailStandIn, telnet: Telnet) -> None:
    assert (await telnet.type("EHLO me", MAIL, RCPT, "DATA")).startswith("354 ")
    assert (await telnet.type("Subject: x\r\n\r\nhello\r\n..dot\r\n.")).startswith("250 ")
    assert (await telnet.type("QUIT")).startswith("221 ")
    (mail,) = server.to("Emma.Clarke@example.com")
    assert (mail.sender, mail.text, mail.encrypted) == ("a@example.com", "hello\n.dot\n", False)


@pytest.mark.parametrize(("lines", "code"), [
    ((MAIL,), "503"), (("EHLO me", RCPT), "503"), (("EHLO me", MAIL, "DATA"), "503"), (("EHLO me", "MAIL FROM:a@example.com"), "501"),
    (("EHLO me", MAIL, "RCPT TO:<nobody>"), "501"), (("EHLO me", MAIL, "RCPT TO:<x@example.org>"), "554"), (("EHLO me", "STARTTLS"), "502"),
    (("EHLO me", "MAIL FROM:<a@example.com> SIZE=99999999"), "552"), (("WHAT",), "500"), (("EHLO me", "AUTH GSSAPI"), "504"),
    (("HELO me", "NOOP"), "250"), (("EHLO me", MAIL, "RSET", RCPT), "503"),
])
async def test_commands_out_of_order_or_form_are_refused(telnet: Telnet, lines: tuple[str, ...], code: str) -> None:
    assert (await telnet.type(*lines)).startswith(code)


async def test_a_login_is_required_and_checked(server: MailStandIn, telnet: Telnet) -> None:
    server.username = "keyturn"
    assert (await telnet.type("EHLO me", MAIL)).startswith("530")
    assert (await telnet.type("AUTH PLAIN AHdyb25nAHdyb25n")).startswith("535")
    assert (await telnet.type("AUTH LOGIN", "a2V5dHVybg==", "bWFpbC1wYXNzd29yZA==")).startswith("235")
    assert (await telnet.type(MAIL)).startswith("250")
    assert all(c.body == "" for c in server.calls if c.method == "AUTH"), "the ledger holds no passwords"


async def test_switches_and_actions_over_http(server: MailStandIn, telnet: Telnet) -> None:
    async with aiohttp.ClientSession(server.url) as http:
        await http.post("/_control/failures", json={"kind": "451", "path": "RCPT", "times": 1})
        await http.post("/_control/act/refuse", json={"recipient": "lena.vogt@example.com"})
        assert (await telnet.type("EHLO me", MAIL, RCPT)).startswith("451")
        assert (await telnet.type("RCPT TO:<lena.vogt@example.com>")).startswith("550")
        assert (await telnet.type(RCPT, "DATA", "Subject: x\r\nMessage-ID: <1@example.com>\r\n\r\nhello\r\n.")).startswith("250")
        async with http.get("/_control/state") as response:
            (mail,) = (await response.json())["messages"]
        assert (mail["to"], mail["subject"], mail["message_id"], mail["text"]) == ("emma.clarke@example.com", "x", "<1@example.com>", "hello\n")
        async with http.post("/_control/act/clear") as response:
            assert response.status == 200
    assert server.messages == []


async def test_stopping_does_not_wait_for_open_conversations(server: MailStandIn, telnet: Telnet) -> None:
    await telnet.type("EHLO me")
    server.fail("hang", path="NOOP")
    telnet.writer.write(b"NOOP\r\n")
    await asyncio.wait_for(server.stop(), 2.0)
