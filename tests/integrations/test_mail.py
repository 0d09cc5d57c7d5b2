"""Mail over a real socket: what arrives, what never leaves, and what is known when it went wrong."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from integrations import tls
from integrations.base import Letter, Refused, SystemFault, Unavailable
from integrations.mail import Mail
from sandbox.mail import MailStandIn

LETTER = Letter("emma.clarke@example.com", "Your password reset – IT-1048", "A link is on its way.\n.\nDid you not ask? → tell us.", "notice:IT-1048")


@pytest.fixture
async def server() -> AsyncIterator[MailStandIn]:
    server = MailStandIn()
    await server.start()
    yield server
    await server.stop()


def client(server: MailStandIn, **changes: Any) -> Mail:
    settings: dict[str, Any] = {"username": server.username, "password": server.password, "tls_mode": "none", "step_timeout": 8.0, "deadline": 10.0}
    settings |= changes
    return Mail("127.0.0.1", server.smtp_port, settings.pop("sender", "Keyturn <keyturn@example.com>"), **settings)


def patience(kind: str) -> float:
    """Seconds: short only where the stand-in never answers, so that a busy machine does not fail the other cases."""
    return 0.4 if kind == "hang" else 8.0


# ---------------------------------------------------------------- what arrives


async def test_a_letter_arrives_as_it_was_written(server: MailStandIn) -> None:
    await client(server).send(LETTER)
    (mail,) = server.messages
    message = mail.message
    assert (mail.sender, mail.recipient) == ("keyturn@example.com", LETTER.to)
    assert str(message["From"]) == "Keyturn <keyturn@example.com>"
    assert (str(message["To"]), str(message["Subject"])) == (LETTER.to, LETTER.subject)
    assert mail.text.rstrip("\n") == LETTER.text
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert max(mail.raw) < 128, "7-bit, for servers without 8BITMIME"


async def test_the_same_key_is_the_same_message_id(server: MailStandIn) -> None:
    post = client(server)
    for key in ("a", "a", "b"):
        await post.send(Letter(LETTER.to, "s", "t", key))
    first, second, third = (str(m.message["Message-ID"]) for m in server.messages)
    assert first == second != third
    assert first.endswith("@example.com>")


async def test_many_letters_at_once_all_arrive(server: MailStandIn) -> None:
    post = client(server)
    await asyncio.gather(*(post.send(Letter(LETTER.to, f"s{n}", "t", str(n))) for n in range(20)))
    assert sorted(str(m.message["Subject"]) for m in server.messages) == sorted(f"s{n}" for n in range(20))


async def test_a_server_without_login(server: MailStandIn) -> None:
    server.username = ""
    await client(server, username="", password="").send(LETTER)
    assert [c.method for c in server.calls] == ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


# ---------------------------------------------------------------- what never leaves


@pytest.mark.parametrize("to", [
    "", "emma", "a@example.com,b@example.com", "a@example.com;b@example.com", "a@example.com b@example.com", "<a@example.com>",
    "Emma <a@example.com>", "a@example.com\r\nBcc: b@example.com", "a@example.com\n", "a@exa mple.com", "a@@example.com", "a@example.com>\r\nRCPT TO:<b@example.com",
    '"a b"@example.com', "аdmin@example.com", "a@-example.com", "x" * 65 + "@example.com", "@example.com", "a@",
])
async def test_anything_but_one_plain_address_is_refused(server: MailStandIn, to: str) -> None:
    with pytest.raises(Refused):
        await client(server).send(Letter(to, "s", "t", "k"))
    assert server.calls == []


@pytest.mark.parametrize("subject", ["a\r\nBcc: b@example.com", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\x85b", "", "   "])
async def test_a_subject_that_would_be_a_header_is_refused(server: MailStandIn, subject: str) -> None:
    with pytest.raises(Refused):
        await client(server).send(Letter(LETTER.to, subject, "t", "k"))
    assert server.calls == []


async def test_text_that_looks_like_headers_stays_text(server: MailStandIn) -> None:
    text = "Bcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>\r\n"
    await client(server).send(Letter(LETTER.to, "s", text, "k"))
    (mail,) = server.messages
    assert mail.message["Bcc"] is None
    assert "MAIL FROM:<eve@example.com>" in mail.text


@pytest.mark.parametrize("changes", [
    {"tls_mode": "opportunistic"}, {"sender": "nobody"}, {"sender": "a@example.com, b@example.com"}, {"sender": "K\r\nX: y <a@example.com>"},
    {"username": "u", "password": ""}, {"username": "", "password": "p"},
])
async def test_settings_that_cannot_be_right_are_refused(server: MailStandIn, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="SMTP_"):
        client(server, **changes)


@pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.1", "127.0.0.1.example.com"])
def test_plain_text_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match="SMTP_TLS"):
        Mail(host, 25, "keyturn@example.com", tls_mode="none")


# ---------------------------------------------------------------- faults


async def test_an_unknown_recipient_is_refused(server: MailStandIn) -> None:
    await server.act("refuse", {"recipient": LETTER.to})
    with pytest.raises(Refused, match="recipient") as caught:
        await client(server).send(LETTER)
    assert (caught.value.code, server.messages) == ("550", [])
    assert LETTER.to not in str(caught.value)


async def test_an_address_outside_is_refused_by_the_server(server: MailStandIn) -> None:
    with pytest.raises(Refused):
        await client(server).send(Letter("eve@example.org", "s", "t", "k"))


async def test_a_mail_that_is_too_large_is_refused(server: MailStandIn) -> None:
    server.largest = 1000
    with pytest.raises(Refused, match="552"):
        await client(server).send(Letter(LETTER.to, "s", "t" * 3000, "k"))


async def test_a_wrong_password_is_refused_and_not_repeated(server: MailStandIn) -> None:
    with pytest.raises(Refused, match="SMTP_PASSWORD") as caught:
        await client(server, password="wrong-password").send(LETTER)
    assert caught.value.status == 535
    assert "wrong-password" not in repr(caught.value)


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("kind", ["451", "550", "drop", "hang", "malformed"])
async def test_every_step_can_fail_and_the_consequence_is_named(server: MailStandIn, verb: str, kind: str) -> None:
    server.fail(kind, path=verb)
    with pytest.raises(SystemFault) as caught:
        await client(server, step_timeout=patience(kind)).send(LETTER)
    assert server.messages == []
    fault = caught.value
    if kind == "550" and verb != "CONNECT":
        assert isinstance(fault, Refused)
    else:
        assert isinstance(fault, Unavailable) or kind == "550"
    if isinstance(fault, Unavailable):
        assert fault.sent is (verb == "DATA" and kind in ("drop", "hang", "malformed"))


@pytest.mark.parametrize("kind", ["drop", "hang"])
async def test_a_mail_that_was_taken_and_lost_its_answer_is_unknown(server: MailStandIn, kind: str) -> None:
    server.fail(kind, path="DATA", after=True)
    with pytest.raises(Unavailable) as caught:
        await client(server, step_timeout=patience(kind)).send(LETTER)
    assert caught.value.sent
    assert len(server.messages) == 1


async def test_a_rude_goodbye_after_the_mail_was_taken_is_no_fault(server: MailStandIn) -> None:
    server.fail("drop", path="QUIT")
    await client(server).send(LETTER)
    assert len(server.messages) == 1


async def test_a_slow_server_is_waited_for_within_the_limits(server: MailStandIn) -> None:
    server.fail("slow", path="DATA", seconds=0.1)
    await client(server).send(LETTER)
    server.heal()
    server.fail("slow", seconds=0.3)
    with pytest.raises(Unavailable):
        await client(server, deadline=0.5).send(LETTER)


async def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught:
        await Mail("127.0.0.1", 9, "keyturn@example.com", tls_mode="none").send(LETTER)
    assert not caught.value.sent


# ---------------------------------------------------------------- encryption


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls.context.cache_clear()
    yield
    tls.context.cache_clear()


async def secured(certificate: Path, **changes: Any) -> MailStandIn:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = MailStandIn(tls_context=context, **changes)
    await server.start()
    return server


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("mode", ["starttls", "tls"])
async def test_the_mail_travels_encrypted(certificate: Path, mode: str) -> None:
    server = await secured(certificate, implicit_tls=mode == "tls")
    try:
        post = client(server, tls_mode=mode)
        await post.send(LETTER)
        assert [m.encrypted for m in server.messages] == [True]
        assert (await post.health()).ok
    finally:
        await server.stop()


@pytest.mark.parametrize("mode", ["starttls", "tls"])
async def test_a_certificate_of_unknown_origin_is_refused_before_the_login(certificate: Path, mode: str) -> None:
    server = await secured(certificate, implicit_tls=mode == "tls")
    try:
        post = client(server, tls_mode=mode)
        with pytest.raises(Refused, match="SSL_CERT_FILE"):
            await post.send(LETTER)
        assert not any(c.method in ("AUTH", "MAIL") for c in server.calls)
        assert (await post.health()).kind == "settings"
    finally:
        await server.stop()


async def test_without_starttls_on_offer_nothing_is_sent_in_plain_text(server: MailStandIn) -> None:
    """The library's default would go on unencrypted, password included."""
    with pytest.raises(Refused, match="SMTP_TLS"):
        await client(server, tls_mode="starttls").send(LETTER)
    assert not any(c.method in ("AUTH", "MAIL") for c in server.calls)


# ---------------------------------------------------------------- health


async def test_health_logs_in_and_sends_nothing(server: MailStandIn) -> None:
    health = await client(server).health()
    assert health.ok
    assert "login accepted" in health.detail
    assert [c.method for c in server.calls] == ["CONNECT", "EHLO", "AUTH", "NOOP", "QUIT"]


@pytest.mark.parametrize(("kind", "verb", "expected"), [
    ("drop", "CONNECT", "down"), ("hang", "EHLO", "down"), ("421", "CONNECT", "down"), ("535", "AUTH", "settings"), ("454", "AUTH", "down"), ("malformed", "NOOP", "down"),
])
async def test_health_tells_down_from_wrong_settings(server: MailStandIn, kind: str, verb: str, expected: str) -> None:
    server.fail(kind, path=verb)
    health = await client(server, step_timeout=patience(kind)).health()
    assert (health.ok, health.kind) == (False, expected)
    assert health.advice
    assert server.password not in repr(health)
