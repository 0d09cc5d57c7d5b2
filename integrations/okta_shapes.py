"""Okta's JSON to our plain data: only the fields that a decision needs, everything else may be there or not.

A required field that is missing or of another type makes the whole answer unreadable (Unavailable), because half a list
of roles would look like fewer roles. Words we do not know are no fault: an unknown status is None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from integrations.base import Account, AccountStatus, Application, Challenge, ChallengeState, Factor, Group, LogEvent, Role, Unavailable
from integrations.okta_calls import SYSTEM

T = TypeVar("T")

PUSH_LIFE = timedelta(minutes=5)
"""How long a push waits where the answer does not say."""

_NUMBER = re.compile(r"[0-9]{1,3}")
_POLL = re.compile(r"/api/v1/users/([^/?#]+)/factors/([^/?#]+)/transactions/([^/?#]+)")

_STATUSES = {status.value: status for status in AccountStatus}

_STATES = {
    "WAITING": ChallengeState.WAITING,
    "SUCCESS": ChallengeState.SUCCESS,
    "REJECTED": ChallengeState.REJECTED,
    # We never cancel a push. Somebody else ended it, so the careful reading is a refusal.
    "CANCELLED": ChallengeState.REJECTED,
    "CANCELED": ChallengeState.REJECTED,
    "TIMEOUT": ChallengeState.TIMEOUT,
    "TIME_WINDOW_EXCEEDED": ChallengeState.TIMEOUT,
}


def unreadable(what: str, *, sent: bool = False) -> Unavailable:
    return Unavailable(SYSTEM, f"the {what} could not be read", sent=sent)


def listed(read: Callable[[Any], T], body: Any, what: str) -> list[T]:
    """`read` over a JSON list. Unavailable when it is none."""
    if not isinstance(body, list):
        raise unreadable(what)
    return [read(item) for item in body]


def account(item: Any) -> Account:
    what = "account"
    profile = _within(item, "profile", what)
    status = _text(item, "status", what)
    first_last = " ".join(filter(None, (_maybe(profile, "firstName"), _maybe(profile, "lastName"))))
    login = _text(profile, "login", what)
    provider = _inside(_inside(item, "credentials"), "provider")
    return Account(
        id=_text(item, "id", what),
        status=_STATUSES.get(status),
        login=login,
        email=_maybe(profile, "email"),
        name=_maybe(profile, "displayName") or first_last or login,
        provider=_maybe(provider, "type"),
        password_changed=_moment(item, "passwordChanged", what),
        status_changed=_moment(item, "statusChanged", what),
        manager_id=_maybe(profile, "managerId"),
        manager=_maybe(profile, "manager"),
        user_type=_maybe(profile, "userType"),
    )


def application(item: Any) -> Application:
    """The instance's id: the `id` of an app link is the person's own."""
    return Application(id=_text(item, "appInstanceId", "application list"), label=_text(item, "label", "application list"))


def group(item: Any) -> Group:
    return Group(id=_text(item, "id", "group list"), name=_text(_within(item, "profile", "group list"), "name", "group list"))


def role(item: Any) -> Role:
    kind = _text(item, "type", "role list")
    return Role(type=kind, label=_maybe(item, "label") or kind, by_group=_maybe(item, "assignmentType") == "GROUP")


def factor(item: Any) -> Factor:
    what = "factor list"
    return Factor(
        id=_text(item, "id", what),
        type=_text(item, "factorType", what),
        provider=_maybe(item, "provider"),
        active=_maybe(item, "status") == "ACTIVE",
        created=_moment(item, "created", what),
    )


def challenge(body: Any, user_id: str, factor_id: str, now: datetime) -> Challenge:
    """The push that was just sent; its transaction must be one of this person and factor. Faults are `sent`."""
    what = "answer to the push"
    found = _POLL.search(_maybe(_inside(_inside(body, "_links"), "poll"), "href"))
    if _maybe(body, "factorResult") != "WAITING" or found is None or found.groups()[:2] != (user_id, factor_id):
        raise unreadable(what, sent=True)
    number = _inside(_inside(body, "_embedded"), "challenge").get("correctAnswer")
    try:
        expires = _moment(body, "expiresAt", what)
    except Unavailable as error:
        raise unreadable(what, sent=True) from error
    return Challenge(
        factor_id=factor_id,
        transaction_id=found[3],
        number=str(number) if _NUMBER.fullmatch(str(number)) else "",
        expires_at=expires or now + PUSH_LIFE,
    )


def challenge_state(body: Any) -> ChallengeState:
    """The state of a push. Every word but the known ones is unreadable: no doubt may ever look like a yes."""
    state = _STATES.get(_text(body, "factorResult", "state of the push"))
    if state is None:
        raise unreadable("state of the push")
    return state


def event(item: Any) -> LogEvent | None:
    """None for an entry without a type, which Okta allows (System Log, LogEvent)."""
    what = "System Log"
    if not isinstance(item, dict):
        raise unreadable(what)
    if not _maybe(item, "eventType"):
        return None
    published = _moment(item, "published", what)
    if published is None:
        raise unreadable(what)
    targets = item.get("target") or []
    if not isinstance(targets, list):
        raise unreadable(what)
    return LogEvent(
        type=_maybe(item, "eventType"),
        published=published,
        actor_id=_maybe(_inside(item, "actor"), "id"),
        target_ids=tuple(filter(None, (_maybe(target, "id") for target in targets))),
        outcome=_maybe(_inside(item, "outcome"), "result"),
    )


def _within(item: Any, key: str, what: str) -> dict[str, Any]:
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, dict):
        raise unreadable(what)
    return value


def _inside(item: Any, key: str) -> dict[str, Any]:
    value = item.get(key) if isinstance(item, dict) else None
    return value if isinstance(value, dict) else {}


def _text(item: Any, key: str, what: str) -> str:
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, str) or not value:
        raise unreadable(what)
    return value


def _maybe(item: Any, key: str) -> str:
    value = item.get(key) if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""


def _moment(item: Any, key: str, what: str) -> datetime | None:
    """An ISO 8601 moment with its zone, None when absent or null. A date that cannot be read is no absent date."""
    value = item.get(key) if isinstance(item, dict) else None
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise unreadable(what) from error
    if moment.tzinfo is None:
        raise unreadable(what)
    return moment.astimezone(UTC)
