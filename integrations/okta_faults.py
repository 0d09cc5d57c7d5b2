"""What Okta's refusals mean for us: status, code and transport error to Unavailable, Refused or Missing.

Okta's own summaries are not repeated: they carry logins, and on a bad day whatever the caller sent. The code
and the errorId are enough for Okta's support (Okta, error codes).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from integrations.base import Missing, Refused, SystemFault, Unavailable
from integrations.okta_calls import SYSTEM
from integrations.retry import LONGEST_HINT

_CODE = re.compile(r"E\d{7}|[a-z_]{3,40}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

REASONS = {
    "E0000001": "the request was not valid for it",
    "E0000004": "the credential is not valid",
    "E0000005": "the credential is not valid",
    "E0000006": "this credential has no right to do that",
    "E0000011": "the token is not valid",
    "E0000014": "the password cannot be reset there",
    "E0000017": "the password reset failed",
    "E0000031": "the search was not understood",
    "E0000038": "the account's status does not allow it",
    "E0000047": "too many calls",
    "E0000069": "the factor is locked",
    "invalid_client": "the client id, the key or its kid is not the one that is registered",
    "invalid_scope": "a scope is not granted to this application",
    "invalid_dpop_proof": "the application demands DPoP; switch that off in its settings",
    "insufficient_scope": "the token lacks a scope",
    "access_denied": "the scopes are not granted to this application",
}
_NO_SUCH_ADDRESS = ("E0000008", "E0000022")


def fault(status: int, text: str, headers: Mapping[str, str], *, writes: bool) -> SystemFault | None:
    """The error that an answer stands for, None for 2xx. `writes`: a 5xx leaves the outcome unknown."""
    if 200 <= status <= 299:
        return None
    body = _object(text)
    code = _plain(_CODE, (body or {}).get("errorCode") or (body or {}).get("error"))
    reference = _plain(_ID, (body or {}).get("errorId"))
    reason = REASONS.get(code, f"answered {status}") + (f" ({code})" if code else "")
    if status == 429:
        return Unavailable(SYSTEM, "too many calls", retry_after=hint(headers), reference=reference)
    if status >= 500 or status in (408, 425):
        return Unavailable(SYSTEM, reason, retry_after=hint(headers), sent=writes, reference=reference)
    if status == 404 and body is not None and code not in _NO_SUCH_ADDRESS:
        return Missing(SYSTEM, "not there, or not visible to this credential", reference=reference)
    if status == 404:  # a proxy's page, or the address of nothing: says nothing about the person who was asked for
        return Refused(SYSTEM, "answered 404 to the address itself: check OKTA_CLIENT_ORGURL", code=code, status=404)
    if 300 <= status <= 399:
        return Refused(SYSTEM, "sends us elsewhere: check OKTA_CLIENT_ORGURL", status=status)
    return Refused(SYSTEM, reason, code=code, status=status, reference=reference)


def transport_fault(error: Exception, *, writes: bool) -> Unavailable:
    """A connection that was never made sends nothing; anything later may have had its effect."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Unavailable(SYSTEM, "its certificate is not trusted here (SSL_CERT_FILE names more authorities)")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unavailable(SYSTEM, "its name cannot be found: check OKTA_CLIENT_ORGURL and the network")
    if isinstance(error, aiohttp.ClientSSLError):
        return Unavailable(SYSTEM, "no encrypted connection could be made: check OKTA_CLIENT_ORGURL and any proxy between")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unavailable(SYSTEM, "the connection was refused")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Unavailable(SYSTEM, "no connection in time")
    if isinstance(error, UnicodeDecodeError | aiohttp.ClientPayloadError):
        return Unavailable(SYSTEM, "the answer could not be read", sent=writes)
    if isinstance(error, TimeoutError):
        return Unavailable(SYSTEM, "no answer in time", sent=writes)
    return Unavailable(SYSTEM, "the connection broke", sent=writes)


def hint(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, capped; None when Okta gives no usable hint.

    X-Rate-Limit-Reset is in Okta's clock, so its own Date is what it is compared with. Limit and Remaining both 0
    is the limit of concurrent calls, where Reset is only a guess (Okta, rate limits).
    """
    after = headers.get("Retry-After", "")
    if after.isdecimal():
        return min(float(after), LONGEST_HINT)
    if headers.get("X-Rate-Limit-Limit") == headers.get("X-Rate-Limit-Remaining") == "0":
        return None
    try:
        reset = float(headers["X-Rate-Limit-Reset"])
        date = parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return None
    wait = reset - date
    return min(max(wait, 1.0), LONGEST_HINT) if wait == wait else None  # not a number is not equal to itself


def _object(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _plain(shape: re.Pattern[str], value: object) -> str:
    """`value` when it looks as such values do, else "": nothing unforeseen gets into a log."""
    return value if isinstance(value, str) and shape.fullmatch(value) else ""
