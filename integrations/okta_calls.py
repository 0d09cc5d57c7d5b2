"""Every call to Okta that can leave this program: one table. What is not in it cannot be sent.

No call here changes a factor, a profile, a group or a role (Okta management API; the table is the whole list).
Writes carry their query in the table, so that no caller can say `sendEmail=false`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from integrations.base import Refused

SYSTEM = "Okta"

_PARTS = {
    # Okta promises no prefix. A digit and a length keep out `me` and the short names that Okta takes for ids too.
    "user": r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9][A-Za-z0-9_-]{5,63}",
    "group": r"[A-Za-z0-9][A-Za-z0-9_-]{2,63}",
    "factor": r"[A-Za-z0-9][A-Za-z0-9_-]{2,63}",
    "transaction": r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){2,127}",
    "login": r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2}){1,190}%40[A-Za-z0-9.-]{1,253}",
}
_SHAPES = {name: re.compile(pattern) for name, pattern in _PARTS.items()}
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Call:
    """One allowed call. `query` is sent as it stands; `secret` answers may hold a one-time link and are never read."""

    method: str
    path: str
    query: str = ""
    secret: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def filled(self, **parts: str) -> str:
        """The path with its ids. Refused for an id of another shape: it never came from Okta."""
        for name, value in parts.items():
            if not _SHAPES[name].fullmatch(value):
                raise Refused(SYSTEM, f"that is no {name} id", code="shape")
        return self.path.format(**parts)


FIND = Call("GET", "/api/v1/users")
BY_LOGIN = Call("GET", "/api/v1/users/{login}")
ACCOUNT = Call("GET", "/api/v1/users/{user}")
APPLICATIONS = Call("GET", "/api/v1/users/{user}/appLinks")
GROUPS = Call("GET", "/api/v1/users/{user}/groups")
ROLES = Call("GET", "/api/v1/users/{user}/roles")
FACTORS = Call("GET", "/api/v1/users/{user}/factors")
GROUP_NAMED = Call("GET", "/api/v1/groups")
MEMBERS = Call("GET", "/api/v1/groups/{group}/users")
CHALLENGE = Call("POST", "/api/v1/users/{user}/factors/{factor}/verify")
CHALLENGE_STATE = Call("GET", "/api/v1/users/{user}/factors/{factor}/transactions/{transaction}")
EVENTS = Call("GET", "/api/v1/logs")
RESET = Call("POST", "/api/v1/users/{user}/lifecycle/reset_password", query="sendEmail=true", secret=True)
FORGOT = Call("POST", "/api/v1/users/{user}/credentials/forgot_password", query="sendEmail=true", secret=True)
UNLOCK = Call("POST", "/api/v1/users/{user}/lifecycle/unlock")
REVOKE = Call("DELETE", "/api/v1/users/{user}/sessions", query="oauthTokens=true")
TOKEN = Call("POST", "/oauth2/v1/token")

CALLS = (
    FIND, BY_LOGIN, ACCOUNT, APPLICATIONS, GROUPS, ROLES, FACTORS, GROUP_NAMED, MEMBERS, CHALLENGE, CHALLENGE_STATE,
    EVENTS, RESET, FORGOT, UNLOCK, REVOKE, TOKEN,
)  # fmt: skip


def _pattern(call: Call) -> str:
    path = re.sub(r"\\{(\w+)\\}", lambda found: _PARTS[found[1]], re.escape(call.path))
    query = re.escape(f"?{call.query}" if call.query else "") if call.writes else r"(?:\?[\x21-\x7e]*)?"
    return f"{call.method} {path}{query}"


_LEAVES = re.compile("|".join(f"(?:{_pattern(call)})" for call in CALLS))


def may_leave(method: str, target: str) -> bool:
    """Whether the table has this method and request target (path and query, percent-encoded, as it goes on the wire)."""
    return _LEAVES.fullmatch(f"{method} {target}") is not None


def plain_email(text: str) -> bool:
    """An address that may be asked for: ASCII, one @, no quoting. Anything else could only match by look."""
    return len(text) <= 254 and text.isascii() and _EMAIL.fullmatch(text) is not None


def login_part(email: str) -> str:
    """A login as one path segment."""
    return quote(email, safe="")


def equals(attribute: str, value: str) -> str:
    """`attribute eq "value"` of Okta's search and filter language, with the value kept inside its quotes.

    Refused for a value with control characters, which no name or address has.
    """
    if _HIDDEN.search(value):
        raise Refused(SYSTEM, "a value with control characters cannot be asked for", code="shape")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{attribute} eq "{escaped}"'


def asking(**parameters: str | int) -> str:
    """A query string, every reserved character percent-encoded (a space as %20, a plus as %2B)."""
    return urlencode(parameters, quote_via=quote, safe="")
