"""What `doctor` asks of Okta: one harmless read for each right that a request will need, none that changes anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from integrations import okta_calls as calls
from integrations.base import Health, Refused, SystemFault, Unavailable
from integrations.okta_calls import SYSTEM, Call
from integrations.okta_transport import Transport

Read = Callable[[Call, str, dict[str, str]], Awaitable[Any]]

NEEDED_SCOPES = ("okta.users.read", "okta.users.manage", "okta.groups.read", "okta.roles.read", "okta.logs.read")
"""Applications of a person and their factors come with okta.users.read; push, reset, unlock and sessions with manage."""

_OF_ONE = (
    ("accounts", calls.ACCOUNT, "okta.users.read"),
    ("applications", calls.APPLICATIONS, "okta.users.read"),
    ("groups of a person", calls.GROUPS, "okta.users.read and okta.groups.read"),
    ("admin roles", calls.ROLES, "okta.roles.read"),
    ("factors", calls.FACTORS, "okta.users.read"),
)
_OF_ALL = (
    ("groups", calls.GROUP_NAMED, "okta.groups.read"),
    ("System Log", calls.EVENTS, "okta.logs.read"),
)
_ADVICE_TOKEN = "Check OKTA_CLIENT_ORGURL and the credential (OKTA_CLIENT_TOKEN, or client id, key and scopes)."  # noqa: S105 - words
_ADVICE_DOWN = "Check OKTA_CLIENT_ORGURL, the network and Okta's status page, then try again."


async def check(read: Read, transport: Transport, *, canary_admin: str) -> Health:
    """Never raises for what Okta does. `kind` is settings for a refused credential or a missing right, down when it cannot be reached."""
    try:
        someone = await read(calls.FIND, "limit=1", {})
    except Refused as refusal:
        return _failed("settings", refusal.reason, _missing_scopes(transport) or _ADVICE_TOKEN)
    except SystemFault as fault:
        return _failed("down", fault.reason, _ADVICE_DOWN)
    done = ["search for people: ok"]
    lacking: list[str] = []
    down = ""
    user_id = _first_id(someone)
    probes = [(*probe, {"user": user_id}) for probe in _OF_ONE] if user_id else []
    if not user_id:
        done.append("accounts, applications, groups, roles, factors: not checked, no person is visible")
        lacking.append("a view of people (the admin role of the credential covers nobody)")
    for name, call, scope, parts in [*probes, *((*probe, {}) for probe in _OF_ALL)]:
        try:
            await read(call, "limit=1" if not parts else "", parts)
        except Unavailable as fault:
            done.append(f"{name}: {fault.reason}")
            down = fault.reason
            break  # each further question could wait as long as this one did
        except SystemFault as fault:
            done.append(f"{name}: {fault.reason}")
            lacking.append(f"{name} ({scope})")
        else:
            done.append(f"{name}: ok")
    warning = ""
    if canary_admin and not down:
        line, warning = await _canary(read, canary_admin)
        done.append(f"canary admin: {line}")
    scopes = _missing_scopes(transport)
    if lacking or scopes:
        wanted = scopes or f"Give the credential the right to read: {', '.join(lacking)}."
        return _failed("settings", "a right is missing: " + (", ".join(lacking) or scopes), wanted, tuple(done))
    if down:
        return _failed("down", down, _ADVICE_DOWN, tuple(done))
    return Health(SYSTEM, True, f"{transport.org_url} answers, every right to read is there", advice=warning, checks=tuple(done))


async def _canary(read: Read, email: str) -> tuple[str, str]:
    """What Okta would do with a reset of the canary, as its own list of links says (User, _links); the call is never made.

    A line for the report, and an advice when the credential reaches too far.
    """
    try:
        found = await read(calls.FIND, calls.asking(search=calls.equals("profile.email", email)), {})
        user_id = _first_id(found)
        if not user_id:
            return "not found", "OKTA_CANARY_ADMIN names nobody that this credential can see: correct it, or widen its right to read."
        account = await read(calls.ACCOUNT, "", {"user": user_id})
        roles = await read(calls.ROLES, "", {"user": user_id})
    except Unavailable as fault:
        return f"not checked, {fault.reason}", ""
    except SystemFault as fault:
        return f"not checked, {fault.reason}", "Give the credential the right to read every account and its admin roles."
    if not isinstance(roles, list) or not roles:
        return "no admin role is visible", "OKTA_CANARY_ADMIN is no admin, or admin roles cannot be seen: an admin would look like anybody."
    links = account.get("_links") if isinstance(account, dict) else None
    if not isinstance(links, dict) or not links:
        return "seen as an admin; Okta does not say whether it would let this credential reset it", ""
    if "resetPassword" in links or "forgotPassword" in links:
        return (
            "seen as an admin, and Okta would NOT refuse its reset",
            "Give the credential an admin role over a resource set without admins and service accounts: today it could reset an admin.",
        )
    return "seen as an admin, and Okta refuses its reset", ""


def _missing_scopes(transport: Transport) -> str:
    missing = [scope for scope in NEEDED_SCOPES if scope not in transport.scopes] if transport.by_key else []
    return f"Grant the application {', '.join(missing)} and name them in OKTA_CLIENT_SCOPES." if missing else ""


def _first_id(found: Any) -> str:
    first = found[0] if isinstance(found, list) and found else None
    value = first.get("id") if isinstance(first, dict) else None
    return value if isinstance(value, str) else ""


def _failed(kind: str, detail: str, advice: str, checks: tuple[str, ...] = ()) -> Health:
    return Health(SYSTEM, False, detail, advice=advice, checks=checks, kind=kind)
