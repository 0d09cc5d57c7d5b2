"""From look-ups to facts: one place where what systems answered becomes yes, no or unknown.

The model has no part in it, except that its reading of free text can leave "is this about the requester's own
account" unknown instead of yes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from agent.facts import AppKind, Facts, Symptom, Tri
from agent.reading import mentions_other
from agent.verdict import Advice, EffectKind, Reading
from dialogs import identity
from dialogs.chat import Bind, Bound
from dialogs.effects import RESETS
from dialogs.findings import Findings
from dialogs.policy_in_force import InForce
from dialogs.record import questions
from dialogs.services import House
from integrations.base import Account, Application, Directory, SystemFault
from storage import effects, flags, freezes, requests
from storage.models import Effect, Request


class Look(Protocol):
    """What facts are made with: the rules of this installation, Okta, the time."""

    @property
    def house(self) -> House: ...
    @property
    def directory(self) -> Directory | None: ...
    @property
    def now(self) -> Callable[[], datetime]: ...


BOUND_FOR = timedelta(days=90)
"""How long an earlier binding of a chat identity is remembered."""
DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
SERVICE_TYPES = frozenset({"service", "service account", "serviceaccount", "service_account", "svc", "robot", "machine"})
PAUSED = "paused"


async def opening(services: Look, request: Request, bound: Bound, in_force: InForce, reading: Reading | None) -> Facts:
    """What is known before the account is looked at: rows 4 to 6b."""
    now = services.now()
    bind = {Bind.ONE: Tri.YES, Bind.NONE: Tri.NO, Bind.UNKNOWN: Tri.UNKNOWN}[bound.bind]
    facts = Facts(
        now=now,
        bound=bind,
        about_reset=_about_reset(request, reading),
        symptom=_symptom(request, reading),
        policy_age=in_force.age,
        identity=identity.standing(request, now),
        asked_for_app=questions(request) > 0,
        approved=frozenset((request.verdict or {}).get("approved", [])),
        app_kind=AppKind(request.app_kind),
        app_label=request.app_label,
        sources={"bound": bound.why or "Slack profile and Okta search"},
    )
    if bound.account is not None and await _moved(request, bound.account, now):
        facts = replace(facts, contradiction=Tri.YES)
    own = _own(bound.account, bound.profile.email if bound.profile else "")
    declared = request.on_behalf.casefold()
    if declared and declared not in own:
        facts = replace(facts, on_behalf=True, about_self=Tri.NO)
        if bound.account is not None and in_force.policy is not None and in_force.policy.on_behalf_escalates:
            facts = replace(facts, relationship=await _relationship(services, declared, bound.account, own))
        return facts
    return replace(facts, **_about_self(request, own, reading))


async def full(services: Look, facts: Facts, request: Request, findings: Findings, own: Effect | None = None) -> Facts:
    """The rest: the account, its roles and groups, the application, limits, factors.

    `own` is this request's committed intent on a second look: it is not counted against itself.
    """
    account, applications = await findings.account(), await findings.applications()
    groups, roles, factors = await findings.groups(), await findings.roles(), await findings.factors()
    user, resend = findings.user_id, EffectKind.RESEND.value
    since = facts.now - DAY
    usable = None if factors is None else identity.usable(factors) is not None
    dates = [f.created for f in factors or () if f.active and f.created is not None]
    dated = factors is not None and all(f.created is not None for f in factors if f.active)
    facts = replace(
        facts,
        status=account.status if account else None,
        okta_sourced=Tri.UNKNOWN if account is None or not account.provider else Tri.of(account.provider.upper() == "OKTA"),
        service_account=Tri.UNKNOWN if account is None else Tri.of(account.user_type.casefold().strip() in SERVICE_TYPES),
        contradiction=facts.contradiction if facts.contradiction is Tri.YES else Tri.NO,
        admin_role=Tri.UNKNOWN if roles is None else Tri.of(bool(roles)),
        groups=None if groups is None else frozenset(g.name for g in groups),
        assigned_labels=None if applications is None else frozenset(a.label for a in applications),
        factor_enrolled=Tri.of(usable),
        factors_known=Tri.UNKNOWN if factors is None or not dated else Tri.YES,
        newest_factor_at=max(dates, default=None),
        resets_today=await effects.count_since(user, since, RESETS) - (own is not None),
        resent_recently=Tri.of(await effects.count_since(user, since, (resend,)) - (own is not None and own.kind == resend) > 0),
        breaker_open=await breaker(services, facts.now, own),
        frozen=Tri.of(await freezes.frozen(user) is not None),
        sources={**facts.sources, "account": "Okta", **{f"{name} unknown": why for name, why in findings.faults.items()}},
    )
    return replace(facts, **named(request, applications))


def named(request: Request, applications: tuple[Application, ...] | None) -> dict[str, Any]:
    """The application of the request against the person's own list: by id where the form gave one, else by label."""
    kind = AppKind(request.app_kind)
    if kind not in (AppKind.APP, AppKind.OTHER):
        return {"app_kind": kind, "app_label": request.app_label}
    if applications is None:
        return {"app_kind": kind, "app_label": request.app_label, "app_assigned": Tri.UNKNOWN}
    wanted = plain_label(request.app_label)
    for application in applications:
        if (request.app_id and application.id == request.app_id) or (not request.app_id and plain_label(application.label) == wanted):
            return {"app_kind": AppKind.APP, "app_label": application.label, "app_assigned": Tri.YES}
    return {"app_kind": AppKind.OTHER, "app_label": request.app_label, "app_assigned": Tri.NO}


def plain_label(label: str) -> str:
    """Labels are compared without case and with single spaces."""
    return " ".join(label.casefold().split())


async def breaker(services: Look, now: datetime, own: Effect | None = None) -> Tri:
    """Open when the hour's resets are used up, or an admin paused all resets."""
    paused = await flags.read(PAUSED)
    if paused and paused.get("on"):
        return Tri.YES
    return Tri.of(await effects.count_all_since(now - HOUR, RESETS) - (own is not None) >= services.house.breaker)


async def _moved(request: Request, account: Account, now: datetime) -> bool:
    """The chat identity was another Okta person's before: an address that was changed in the chat must not carry a
    reset to somebody else's account (security brief, I3). A person looks (row 7e)."""
    if not request.platform:
        return False
    who = (request.platform, request.tenant, request.platform_user)
    return await requests.bound_otherwise(*who, account.id, now - BOUND_FOR)


def _about_reset(request: Request, reading: Reading | None) -> Tri:
    if request.intake in ("form", "shortcut"):
        return Tri.YES
    # Read as something else, it stays unknown here: row 5 then takes the reading's word for it, and closes.
    return Tri.UNKNOWN if reading is None or reading.rule == "5" else Tri.YES


def _symptom(request: Request, reading: Reading | None) -> Symptom:
    word = request.symptom or (reading.symptom if reading else "")
    return Symptom(word) if word in set(Symptom) else Symptom.UNKNOWN


def _about_self(request: Request, own: frozenset[str], reading: Reading | None) -> dict[str, Any]:
    """A form that declares nobody is about oneself; another address in its text contradicts it when nobody read the text.
    In free text another address leaves it unknown, whatever the model says."""
    other = mentions_other(f"{request.summary}\n{request.justification}", own | {request.platform_user.casefold()})
    if request.intake in ("form", "shortcut"):
        return {"about_self": Tri.YES} | ({"contradiction": Tri.YES} if other and reading is None else {})
    if reading is not None and reading.advice is Advice.REJECT and reading.rule == "6":
        return {"about_self": Tri.NO}
    return {"about_self": Tri.UNKNOWN if other else Tri.YES}


def _own(account: Account | None, email: str) -> frozenset[str]:
    words = {email.casefold()}
    if account is not None:
        words |= {account.email.casefold(), account.login.casefold()}
    return frozenset(words - {""})


async def _relationship(services: Look, declared: str, requester: Account, own: frozenset[str]) -> Tri:
    """The requester is managerId or manager in the declared person's profile (rulings, row 6b; contract, section 7)."""
    if services.directory is None:
        return Tri.UNKNOWN
    try:
        found = await services.directory.find(declared)
    except SystemFault:
        return Tri.UNKNOWN
    if len(found) != 1:
        return Tri.NO
    on_record = {found[0].manager_id.casefold(), found[0].manager.casefold()} - {""}
    return Tri.of(bool(on_record & (own | {requester.id.casefold()})))
