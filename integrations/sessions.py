"""The requests session that the blocking SDKs speak through, and what its answers mean.

pysnow and atlassian-python-api take a session and leave time-outs, certificates and errors to luck. Here every answer
passes a response hook (requests, Advanced usage, Event hooks) before the SDK sees it, so that a fault has one of the
three names of `integrations.base` and never carries an address with a query in it, which is what the SDKs' own errors do.

Imports requests (0.3 s): to be imported late, in the thread of the first call.
"""

from __future__ import annotations

import io
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from integrations import tls
from integrations.addresses import is_loopback
from integrations.base import Missing, Refused, SystemFault, Unavailable

LONGEST_WAIT = 3600.0
"""Cap in seconds for a wait that a system asks for: ServiceNow's limits are counted by the hour."""

TALKATIVE = ("pysnow", "atlassian", "urllib3")
"""Loggers that write queries, request lines or whole pages at DEBUG: people's addresses and the policy's text."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, between two reads, for a whole body; bytes of a body."""

    connect: float = 2.0
    read: float = 8.0
    body: float = 4.0
    size: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is particular to one system's answers.

    `html`: the fault that a web page in the place of JSON means (a login page, an instance that is asleep).
    `wording`: the sentence a decoded error body holds, "" when none. `unusable`: why the decoded body of a success
    is none after all, "" when it is fine.
    """

    system: str
    credentials: str
    """The settings to look at after a 401, for people."""
    html: Callable[[], SystemFault]
    wording: Callable[[Mapping[str, Any]], str]
    unusable: Callable[[Any], str]


class _Adapter(HTTPAdapter):
    """Sets time-outs and certificates whatever the SDK or REQUESTS_CA_BUNDLE asks for, and bounds the body: requests'
    own time-out starts anew with every packet, so a server that drips would hold a thread for ever."""

    def __init__(self, system: str, limits: Limits, connections: int) -> None:
        self._system, self._limits = system, limits
        super().__init__(pool_connections=1, pool_maxsize=connections, pool_block=True, max_retries=0)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # keyword for keyword the parent's
        ours = {"timeout": (self._limits.connect, self._limits.read), "stream": True, "verify": tls.verify()}
        return super().send(request, **(kwargs | ours))

    def build_response(self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse) -> requests.Response:
        body = self._drained(req, resp)
        headers = {k: v for k, v in resp.headers.items() if k.casefold() not in ("content-encoding", "transfer-encoding", "content-length")}
        whole = urllib3.HTTPResponse(io.BytesIO(body), headers=headers, status=resp.status, reason=resp.reason, preload_content=False)
        return super().build_response(req, whole)

    def _drained(self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse) -> bytes:
        body, until = bytearray(), time.monotonic() + self._limits.body
        write = req.method != "GET"
        try:
            while chunk := resp.read1(65536, decode_content=True):
                body += chunk
                if len(body) > self._limits.size:
                    resp.close()
                    raise Refused(self._system, f"the answer is larger than {self._limits.size // 1024} KiB")
                if time.monotonic() > until:
                    resp.close()
                    raise Unavailable(self._system, f"the answer was not complete within {self._limits.body:g} s", sent=write)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            resp.close()
            raise Unavailable(self._system, "the connection broke in the middle of the answer", sent=write) from error
        resp.release_conn()
        return bytes(body)


def open_session(dialect: Dialect, url: str, *, limits: Limits, connections: int) -> requests.Session:
    """A session for one system at `url`: bounded, verified, without cookies or redirects, with every answer checked.

    Raises Refused when the certificates to trust cannot be read.
    """
    if url.startswith("https:"):
        try:
            tls.context()
        except ValueError as error:  # an SSL_CERT_FILE that cannot be read; requests has only an OSError for it
            raise Refused(dialect.system, str(error), code="certificate") from None
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
    session = requests.Session()
    adapter = _Adapter(dialect.system, limits, connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # A proxy of the environment has no business between two processes of one machine.
    session.trust_env = not is_loopback(urlsplit(url).hostname or "")
    # requests would turn a redirected POST into a GET, and follow to any host.
    session.max_redirects = 0
    # Each call stands for itself: a kept login would outlive a changed password, and the jar is shared by threads.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.hooks["response"].append(lambda response, **_: _checked(dialect, response))
    return session


@contextmanager
def named_faults(system: str, *, write: bool) -> Iterator[None]:
    """Turns what requests raises into the errors of `integrations.base`.

    `write`: the call may change something, so a fault after the request was on its way is `sent=True`.
    """
    try:
        yield
    except SystemFault:
        raise
    except requests.exceptions.TooManyRedirects:
        raise Refused(system, "answers with a redirect: the address is not that of its API, or it asks for a login") from None
    except requests.exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Refused(system, "its certificate is not trusted: name the right authority in SSL_CERT_FILE") from None
        raise Unavailable(system, "the encrypted connection broke", sent=write) from None
    except requests.exceptions.ConnectTimeout:
        raise Unavailable(system, "does not answer (connecting timed out)") from None
    except requests.exceptions.Timeout:
        raise Unavailable(system, "did not answer in time", sent=write) from None
    except requests.exceptions.ConnectionError as error:
        if _never_connected(error):
            raise Unavailable(system, "cannot be reached (connection refused, or its name is unknown)") from None
        raise Unavailable(system, "closed the connection without an answer", sent=write) from None
    except (requests.exceptions.RequestException, ssl.SSLError, OSError, ValueError) as error:
        # The text of these errors repeats the address with its query; the type says enough.
        raise Unavailable(system, f"the call failed ({type(error).__name__})", sent=write) from None


def _never_connected(error: BaseException) -> bool:
    """Whether no connection came about, so that nothing can have been sent. requests hides the cause in its arguments."""
    cause: object = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)


def _checked(dialect: Dialect, response: requests.Response) -> None:
    """Raises the fault that this answer means; returns for a JSON answer that can be used."""
    status, system = response.status_code, dialect.system
    if response.is_redirect:
        return  # max_redirects = 0 raises TooManyRedirects right after this
    write = response.request.method != "GET"
    if status == 429:
        raise Unavailable(system, "too many requests (429)", retry_after=_wait(response))
    if status >= 500:
        raise Unavailable(system, f"is in trouble ({status})", retry_after=_wait(response), sent=write)
    words = _words(dialect, response)
    if status == 401:
        raise Refused(system, f"does not accept our credentials (401): see {dialect.credentials}", code="401", status=401)
    if status in (404, 410):
        raise Missing(system, words or f"it is not there, or our account may not see it ({status})")
    if status >= 400:
        raise Refused(system, f"said no ({status}){': ' + words if words else ''}", code=str(status), status=status)
    if _is_page(response):
        raise dialect.html()
    if status not in (200, 201):
        raise Unavailable(system, f"gave an unexpected answer ({status})", sent=write)
    try:
        reason = dialect.unusable(response.json())
    except ValueError:
        reason = "its answer cannot be read (not JSON)"
    if reason:
        raise Unavailable(system, reason, sent=write)


def _is_page(response: requests.Response) -> bool:
    kind = response.headers.get("Content-Type", "").casefold()
    return "html" in kind or response.content[:200].lstrip()[:1] == b"<"


def _words(dialect: Dialect, response: requests.Response) -> str:
    """The system's own sentence, on one line, short: it goes to operators."""
    try:
        body = response.json()
    except ValueError:
        return ""
    text = dialect.wording(body) if isinstance(body, dict) else ""
    return " ".join(text.split())[:200]


def _wait(response: requests.Response) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110, section 10.2.3: seconds or a date), or X-RateLimit-Reset (UNIX time)."""
    now = datetime.now(UTC)
    value, reset = response.headers.get("Retry-After", ""), response.headers.get("X-RateLimit-Reset", "")
    seconds: float | None = None
    if value.isdecimal():
        seconds = float(value)
    elif value:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError):
            return None  # a date without a zone, or no date
    elif reset.isdecimal():
        seconds = float(reset) - now.timestamp()
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)
