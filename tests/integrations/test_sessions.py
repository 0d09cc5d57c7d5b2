"""What the blocking SDKs' session does with servers that misbehave below HTTP's surface."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from integrations import tls
from integrations.base import Missing, Refused, SystemFault, Unavailable
from integrations.sessions import Dialect, Limits, named_faults, open_session

DIALECT = Dialect("Desk", "DESK_PASSWORD", lambda: Refused("Desk", "a page"), lambda body: str(body.get("message", "")), lambda _: "")
LIMITS = Limits(connect=1.0, read=1.0, body=0.5, size=1000)

Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Raw:
    """A server that says what it is told to, once for each connection."""

    def __init__(self) -> None:
        self.speak: Speak = quick(b"{}")
        self.heard: list[bytes] = []
        self.port = 0
        self.context: ssl.SSLContext | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            await self.speak(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @property
    def url(self) -> str:
        return f"http{'s' if self.context else ''}://127.0.0.1:{self.port}"


def answer(body: bytes, status: str = "200 OK", headers: str = "Content-Type: application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def quick(body: bytes, status: str = "200 OK", headers: str = "Content-Type: application/json") -> Speak:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, status, headers))

    return speak


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    raw = Raw()
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    raw.port = server.sockets[0].getsockname()[1]
    yield raw
    server.close()


async def ask(raw: Raw, method: str = "GET", path: str = "/api?secret=1") -> bytes:
    def call() -> bytes:
        with open_session(DIALECT, raw.url, limits=LIMITS, connections=1) as session, named_faults("Desk", write=method != "GET"):
            return session.request(method, raw.url + path).content

    return await asyncio.to_thread(call)


async def fault(raw: Raw, method: str = "GET") -> SystemFault:
    with pytest.raises(SystemFault) as caught:
        await ask(raw, method)
    assert "secret" not in str(caught.value)
    return caught.value


async def test_a_server_that_drips_does_not_hold_a_thread(raw: Raw) -> None:
    """requests' time-out starts anew with every packet."""
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    raw.speak = drip
    start = time.monotonic()
    found = await fault(raw, "POST")
    assert time.monotonic() - start < 2.0
    assert isinstance(found, Unavailable)
    assert found.sent


async def test_a_body_that_is_too_large_is_refused(raw: Raw) -> None:
    raw.speak = quick(b'"' + b"x" * 5000 + b'"')
    assert isinstance(await fault(raw), Refused)


async def test_a_body_that_breaks_off_is_unavailable(raw: Raw) -> None:
    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{")

    raw.speak = half
    found = await fault(raw, "POST")
    assert isinstance(found, Unavailable)
    assert found.sent


async def test_chunked_and_compressed_bodies_are_read(raw: Raw) -> None:
    import gzip

    packed = gzip.compress(b'{"a": 1}')

    async def chunked(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n")

    raw.speak = chunked
    assert await ask(raw) == b'{"a": 1}'


async def test_a_compressed_bomb_stops_at_the_limit(raw: Raw) -> None:
    import gzip

    raw.speak = quick(gzip.compress(b" " * 10_000_000), headers="Content-Type: application/json\r\nContent-Encoding: gzip")
    assert isinstance(await fault(raw), Refused)


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/", "/login", "https://example.com/"])
async def test_a_redirect_is_refused_and_never_followed(raw: Raw, target: str) -> None:
    raw.speak = quick(b"", "302 Found", f"Location: {target}")
    found = await fault(raw, "POST")
    assert isinstance(found, Refused)
    assert len(raw.heard) == 1


async def test_garbage_in_place_of_http_is_unavailable(raw: Raw) -> None:
    async def smtp(writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")

    raw.speak = smtp
    assert isinstance(await fault(raw), Unavailable)


@pytest.mark.parametrize(("header", "seconds"), [
    ("Retry-After: 7", 7.0), ("Retry-After: 999999", 3600.0), ("Retry-After: soon", None), ("Retry-After: -3", None),
    ("Retry-After: Fri, 01 Jan 2021 00:00:00 GMT", 0.0), ("X-RateLimit-Reset: 0", 0.0), ("X-Nothing: 1", None),
])
async def test_the_wait_is_read_and_capped(raw: Raw, header: str, seconds: float | None) -> None:
    raw.speak = quick(b"{}", "429 Too Many Requests", header)
    found = await fault(raw)
    assert isinstance(found, Unavailable)
    assert (found.retry_after, found.sent) == (seconds, False)


@pytest.mark.parametrize(("status", "kind"), [
    ("204 No Content", Unavailable), ("400 Bad", Refused), ("404 No", Missing), ("410 Gone", Missing), ("409 No", Refused), ("502 Bad", Unavailable),
])
async def test_statuses_have_their_consequence(raw: Raw, status: str, kind: type[SystemFault]) -> None:
    raw.speak = quick(b'{"message": "in\\nits own words"}' if not status.startswith("204") else b"", status)
    found = await fault(raw)
    assert type(found) is kind
    if kind in (Refused, Missing):
        assert "in its own words" in found.reason


async def test_cookies_are_not_kept(raw: Raw) -> None:
    raw.speak = quick(b"{}", headers="Content-Type: application/json\r\nSet-Cookie: session=1; Path=/")

    def twice() -> None:
        with open_session(DIALECT, raw.url, limits=LIMITS, connections=1) as session:
            session.get(raw.url)
            session.get(raw.url)

    await asyncio.to_thread(twice)
    assert b"cookie" not in raw.heard[1].lower()


# ---------------------------------------------------------------- certificates


@pytest.fixture
async def encrypted(certificate: Path) -> AsyncIterator[Raw]:
    raw = Raw()
    raw.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    raw.context.load_cert_chain(certificate)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0, ssl=raw.context)
    raw.port = server.sockets[0].getsockname()[1]
    yield raw
    server.close()


@pytest.fixture(autouse=True)
def fresh_trust() -> Iterator[None]:
    tls.context.cache_clear()
    yield
    tls.context.cache_clear()


async def test_ssl_cert_file_is_honoured(encrypted: Raw, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert await ask(encrypted) == b"{}"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_an_unknown_authority_is_refused_whatever_requests_would_read(
    encrypted: Raw, certificate: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(name, str(certificate))
    found = await fault(encrypted)
    assert isinstance(found, Refused)
    assert "SSL_CERT_FILE" in found.reason


async def test_a_bundle_that_cannot_be_read_is_refused_by_its_name(encrypted: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    found = await fault(encrypted)
    assert isinstance(found, Refused)
    assert "SSL_CERT_FILE" in found.reason


async def test_plain_http_behind_an_https_address_is_unavailable(raw: Raw) -> None:
    raw.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # only for its address
    assert isinstance(await fault(raw), Unavailable)
