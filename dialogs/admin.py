"""The administrators' side: is everything well, which policy decides, what happened today, and the brakes.

Who may is asked here for whatever changes something; the caller says who it is. Pausing is row 12 of the decision table:
requests go on to people, and nothing is reset, unlocked or sent again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from cards.views_review import AdminView, Frozen, Paused, PolicyLine, SystemHealth
from cards.words import say
from dialogs import facts_of, numbers, operator
from dialogs.errors import Declined, FieldError
from dialogs.policy_effects import difference
from dialogs.policy_in_force import FETCH, PolicyShelf
from dialogs.services import Services
from dialogs.trying import try_case
from integrations.base import Health
from storage import audit, effects, flags, freezes, jobs, moments, policies
from storage.database import transaction
from storage.models import PolicyRevision

__all__ = ["admin_view", "difference", "frozen", "pause", "resume", "try_case", "unfreeze"]

LEAST, MOST = 10, 300
"""Letters of a reason."""
INSTALLATION = ""
"""The request of an audit event that is about no request."""
NOT_ADMIN = say("Only administrators of Keyturn can do that.")
ALREADY_OFF = say("Resets are paused already.")
ALREADY_ON = say("Resets are not paused.")
NOT_FROZEN = say("Resets of that account are not frozen any more.")


async def admin_view(services: Services, shelf: PolicyShelf, health: tuple[Health, ...]) -> AdminView:
    """Everything on the page; `health` is what the systems said last."""
    now = services.now()
    waiting, oldest = await jobs.waiting(now)
    recent = await effects.count_all_since(now - facts_of.HOUR, effects.RESETS)
    return AdminView(
        systems=tuple(_system(one) for one in health),
        jobs_waiting=waiting,
        oldest_job=now - oldest if oldest is not None else None,
        policy=await _policy(services, shelf),
        mode="enforce" if services.house.enforce else "observe",
        paused=_paused(await flags.read(facts_of.PAUSED)),
        breaker=recent >= services.house.breaker,
        today=await numbers.today(now, services.house.zone),
        frozen=tuple([Frozen(one.email, one.since, one.request_id, one.okta_id) for one in await freezes.in_force()]),
    )


# ---------------------------------------------------------------- the brakes


async def pause(services: Services, by: str, reason: str) -> None:
    """No reset, unlock or new link until somebody resumes. `by` is the administrator's e-mail.

    Raises FieldError("reason") when it is shorter than 10 or longer than 300 letters, Declined when `by` is no
    administrator or resets are paused already.
    """
    _administrator(services, by)
    reason = reason.strip()
    if not LEAST <= len(reason) <= MOST:
        raise FieldError("reason", say("Please write {least} to {most} characters.", least=LEAST, most=MOST))
    async with transaction():
        if _paused(await flags.read(facts_of.PAUSED)) is not None:
            raise Declined(ALREADY_OFF)
        await flags.write(facts_of.PAUSED, {"on": True, "by": by, "at": moments.write(services.now()), "reason": reason})
        await audit.append([_event(by, kind="pause", reason=reason)])


async def resume(services: Services, by: str) -> None:
    """Requests are decided by the policy again. Raises Declined when `by` is no administrator or nothing is paused."""
    _administrator(services, by)
    async with transaction():
        if _paused(await flags.read(facts_of.PAUSED)) is None:
            raise Declined(ALREADY_ON)
        await flags.write(facts_of.PAUSED, {"on": False, "by": by, "at": moments.write(services.now()), "reason": ""})
        await audit.append([_event(by, kind="resume")])


async def frozen(value: str) -> Frozen:
    """The freeze that a button stands for. Raises Declined when it was lifted meanwhile."""
    freeze = await freezes.frozen(value) if value else None
    if freeze is None:
        raise Declined(NOT_FROZEN)
    return Frozen(freeze.email, freeze.since, freeze.request_id, freeze.okta_id)


async def unfreeze(value: str, by: str, reason: str) -> None:
    """Lifts a freeze, in the name of an administrator whom the caller has looked up. Raises Declined as `frozen`."""
    await operator.unfreeze((await frozen(value)).person, by, reason.strip())


def _administrator(services: Services, by: str) -> None:
    if by.casefold() not in services.house.admins:
        raise Declined(NOT_ADMIN)


def _event(by: str, **details: Any) -> audit.NewEvent:
    return audit.NewEvent(INSTALLATION, by, audit.DECISION, details)


# ---------------------------------------------------------------- what the page shows


def _paused(flag: dict[str, Any] | None) -> Paused | None:
    if not flag or not flag.get("on"):
        return None
    return Paused(str(flag.get("by", "")), moments.read(str(flag["at"])), str(flag.get("reason", "")))


def _system(health: Health) -> SystemHealth:
    """A system as `doctor` would say it; when it is not well, with the next step."""
    if health.ok:
        return SystemHealth(health.system, "ok")
    return SystemHealth(health.system, "down", note=health.advice or health.detail)


async def _policy(services: Services, shelf: PolicyShelf) -> PolicyLine:
    now = services.now()
    current, accepted, pending = await shelf.current(now), await policies.accepted(), await policies.pending()
    fetch = await flags.read(FETCH) or {}
    problems = [str(problem) for problem in fetch.get("problems", [])]
    policy = current.policy
    line = PolicyLine(
        pending=label(pending) if pending is not None else "",
        pending_value=pending.revision if pending is not None else "",
        problem=problems[0] if problems else str(fetch.get("error") or ""),
    )
    if policy is None or accepted is None:
        return line
    return replace(
        line,
        label=label(accepted),
        source=accepted.source,
        fetched_at=_fetched_at(fetch),
        accepted_by=accepted.accepted_by,
        accepted_at=accepted.accepted_at,
        rules=len(policy.applications) + len(policy.stated),
        stale=current.age is None or current.age > policy.maximum_age,
    )


def label(row: PolicyRevision) -> str:
    """A revision as people know it: the page's title and the revision."""
    return f"{row.title} {row.revision}".strip()


def _fetched_at(fetch: dict[str, Any]) -> datetime | None:
    return moments.read(str(fetch["ok_at"])) if fetch.get("ok_at") else None
