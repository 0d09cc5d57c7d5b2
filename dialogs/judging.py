"""The work on one request: look at the row, do the next thing, until it waits for somebody or is over.

`advance` is safe to repeat at any moment: the row says where it stands, every move is compare-and-set, and the
one thing that must not happen twice has a row of its own (dialogs.effects).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog

from agent import gate
from agent.facts import Facts, Identity
from agent.verdict import EffectKind, Outcome, Reading, Verdict
from dialogs import effects, facts_of, identity, reading, verdicts
from dialogs.chat import Bind, Bound
from dialogs.chat import Identity as Who
from dialogs.desk import open_key
from dialogs.findings import Findings
from dialogs.lifecycle import TERMINAL, Status, Verb
from dialogs.policy_in_force import InForce, PolicyShelf
from dialogs.record import event, move
from dialogs.services import Services
from integrations.base import Account, Application, Unavailable
from storage import audit, requests
from storage import effects as effect_rows
from storage.audit import NewEvent
from storage.database import transaction
from storage.models import Request

log = structlog.get_logger(__name__)
STEPS = 8
"""Steps in one go; a request that wants more is looked at again a moment later."""
AGAIN = timedelta(milliseconds=200)


@dataclass
class Judge:
    """Works requests. One for the process; it holds no state of any request."""

    services: Services
    shelf: PolicyShelf

    async def advance(self, request_id: str) -> timedelta | None:
        """Does what is next. Answers when to look again, None when somebody else moves next.

        Raises Conflict when a person changed the request meanwhile: the caller tries again.
        """
        for _ in range(STEPS):
            request = await requests.get(request_id)
            if request is None or not request.platform or Status(request.status) in TERMINAL:
                return None
            match Status(request.status):
                case Status.NEW:
                    async with transaction():
                        request = await move(request, Verb.START)
                    await self._judge(request)
                case Status.TRIAGING:
                    open_effects = await effect_rows.unfinished(request_id)
                    if open_effects:
                        later = await effects.reconcile(self.services, request, open_effects[0], self.services.directory)
                        if later is not None:
                            return later
                    elif not await self._resume(request):
                        await self._judge(request)
                case Status.WAITING:
                    later = await self._wait(request)
                    if later is None or later > timedelta(0):
                        return later
                case _:
                    return None
        return AGAIN

    async def _wait(self, request: Request) -> timedelta | None:
        state = (request.identity or {}).get("state")
        directory = self.services.directory
        if directory is None or (request.question or {}).get("open"):
            return None
        if state == "asked":
            return await identity.send(self.services, request, directory)
        if state == Identity.PENDING.value:
            return await identity.look(self.services, request, directory)
        return None

    # ------------------------------------------------------------ judging

    async def _judge(self, request: Request) -> Request:
        """Collects facts, lets the model read, lets the gate decide, and follows the verdict."""
        services = self.services
        bound = await services.people.verified(Who(request.platform, request.tenant, request.platform_user))
        in_force = await self.shelf.current(services.now())
        columns = _person(request, bound)
        if bound.account is None or services.directory is None:
            facts = await facts_of.opening(services, request, bound, in_force, None)
            verdict = self._decide(facts, in_force, None)
            return await verdicts.apply(services, request, verdict, in_force.policy, told=[], applications=None, columns=columns)
        target = await self._target(request, bound.account)
        if target.id != bound.account.id:
            columns["target_okta_id"] = target.id
        async with Findings(services.directory, target.id, known=target) as findings:
            request.requester, request.okta_id = columns["requester"], columns["okta_id"]
            read, told, learnt = await self._read(request, bound.account, findings, in_force)
            columns |= learnt
            request = _with(request, columns)
            applications = await findings.applications()
            columns |= _matched(request, applications)
            request = _with(request, columns)
            duplicate = await _duplicate(request, columns)
            if duplicate is not None:
                return await _merge(request, duplicate, told, columns)
            facts = await facts_of.opening(services, request, bound, in_force, read)
            facts = await facts_of.full(services, facts, request, findings)
        verdict = self._decide(facts, in_force, read)
        return await self._follow(request, verdict, facts, in_force, read, told, applications, columns)

    async def _target(self, request: Request, requester: Account) -> Account:
        """Whose account is looked at: the requester's own, or, once an approver agreed, the declared person's (row 6b)."""
        if request.on_behalf and "6b" in (request.verdict or {}).get("approved", []) and self.services.directory is not None:
            found = await self.services.directory.find(request.on_behalf)
            if len(found) == 1:
                return found[0]
        return requester

    async def look_again(self, request: Request) -> tuple[Facts, Verdict, InForce]:
        """How an escalated request stands now, without changing anything: what an approval is compared with.

        Raises Unavailable when the requester cannot be looked up.
        """
        services = self.services
        bound = await services.people.verified(Who(request.platform, request.tenant, request.platform_user))
        in_force = await self.shelf.current(services.now())
        read = reading.restored((request.verdict or {}).get("reading"))
        facts = await facts_of.opening(services, request, bound, in_force, read)
        if bound.bind is Bind.UNKNOWN:
            raise Unavailable("Okta", bound.why)
        if bound.account is not None and services.directory is not None:
            target = await self._target(request, bound.account)
            async with Findings(services.directory, target.id, known=target) as findings:
                facts = await facts_of.full(services, facts, request, findings)
        return facts, self._decide(facts, in_force, read), in_force

    async def _read(
        self, request: Request, account: Any, findings: Findings, in_force: InForce
    ) -> tuple[Reading | None, list[NewEvent], dict[str, Any]]:
        """A reading is made once, and again when the requester answered in words."""
        kept = request.verdict or {}
        answers = len((request.question or {}).get("answers", []))
        chosen = bool(answers) and request.app_kind != ""
        if "reading" in kept and (kept.get("read_answers") == answers or chosen):
            return reading.restored(kept["reading"]), [], {}
        run, told = await reading.read(self.services, request, account, findings, in_force)
        learnt: dict[str, Any] = {
            "verdict": {
                "reading": reading.stored(run.reading) if run.reading else None,
                "read_answers": answers,
                "failure": run.failure,
                "model": run.model,
            }
        }
        if run.reading is not None:
            own = await findings.applications() or ()
            learnt |= reading.adopted(request, run.reading, tuple((a.id, a.label) for a in own))
        return run.reading, told, learnt

    def _decide(self, facts: Facts, in_force: InForce, read: Reading | None) -> Verdict:
        verdict = gate.decide(facts, in_force.policy, read, fallback_owner=self.services.house.fallback_owner)
        return verdict if self.services.house.enforce else gate.observe(verdict, facts.approved)

    async def _reachable(self, request: Request, verdict: Verdict) -> Verdict:
        """Somebody else's check: its number is shown in their own conversation only, so without one a person takes over
        (rulings, row 6b). Raises Unavailable when it cannot be asked."""
        if verdict.outcome is not Outcome.CHECK or not request.on_behalf or await self.services.people.locate(request.on_behalf):
            return verdict
        return replace(
            verdict,
            outcome=Outcome.ESCALATE,
            rule="6b",
            rationale="The person whose account it is cannot be reached in chat, so they cannot be asked to confirm.",
            owner=request.owner if request.owner != audit.AGENT else self.services.house.fallback_owner,
            effect=None,
        )

    async def _follow(
        self,
        request: Request,
        verdict: Verdict,
        facts: Facts,
        in_force: InForce,
        read: Reading | None,
        told: list[NewEvent],
        applications: tuple[Application, ...] | None,
        columns: dict[str, Any],
    ) -> Request:
        verdict = await self._reachable(request, verdict)
        columns.setdefault("verdict", {})["digest"] = facts.digest()
        columns["verdict"]["in_force"] = in_force.policy.revision if in_force.policy else ""
        if verdict.outcome is Outcome.CHECK:
            passed = self._decide(replace(facts, identity=Identity.PASSED), in_force, read)
            columns["verdict"]["expected"] = _expectation(passed, facts)
        if verdict.outcome is Outcome.EFFECT and verdict.effect is not EffectKind.POINT:
            async with transaction():
                kept = {**(request.verdict or {}), **columns.pop("verdict", {}), "verdict": verdict.as_row()}
                request = await requests.change(
                    request,
                    verdict=kept,
                    rule=verdict.rule,
                    policy_revision=verdict.policy_revision,
                    rationale=verdict.rationale,
                    priority=request.priority if facts.approved else verdict.priority,
                    **columns,
                )
                await audit.append(told)
            return await self._make(request, verdict, facts.digest(), facts.status.value if facts.status else "")
        return await verdicts.apply(
            self.services,
            request,
            verdict,
            in_force.policy,
            told=told,
            applications=applications,
            columns=columns,
        )

    # ------------------------------------------------------------ the effect

    async def _resume(self, request: Request) -> bool:
        """After a passed check: the effect that triage expected, under a second look. False: judge anew."""
        expected = (request.verdict or {}).get("expected")
        passed = identity.standing(request, self.services.now()) is Identity.PASSED
        if not expected or not passed or self.services.directory is None:
            return False
        verdict = Verdict.from_row(expected["verdict"])
        if verdict.outcome is not Outcome.EFFECT or verdict.effect is EffectKind.POINT:
            return False
        await self._make(request, verdict, expected["digest"], expected["status"])
        return True

    async def _make(self, request: Request, verdict: Verdict, digest: str, status: str) -> Request:
        """Intent, second look, grant, call. Facts that changed are judged like new ones."""
        services = self.services
        directory = services.directory
        if directory is None:
            raise RuntimeError("an effect was decided without Okta")
        request, sealed = await effects.intend(services, request, verdict, digest, status)
        in_force = await self.shelf.current(services.now())
        read = reading.restored((request.verdict or {}).get("reading"))
        async with Findings(directory, request.target_okta_id or request.okta_id) as findings:
            bound = await self._bound_again(request, await findings.account())
            facts = await facts_of.opening(services, request, bound, in_force, read)
            facts = await facts_of.full(services, facts, request, findings, own=sealed.effect)
            applications = await findings.applications()
        again = self._decide(facts, in_force, read)
        try:
            grant = sealed.unseal(facts, again)
        except effects.NotGranted as why:
            log.info("the second look changed the verdict", request_id=request.request_id, why=str(why))
            request = await effects.withdraw(request, sealed, str(why))
            return await self._follow(request, again, facts, in_force, read, [], applications, {"verdict": {"expected": None}})
        return await effects.carry_out(services, request, grant, directory, revoke_sessions=again.revoke_sessions)

    async def _bound_again(self, request: Request, target: Account | None) -> Bound:
        """The requester on a second look: for one's own account the target, read by id moments ago."""
        if request.on_behalf:
            return await self.services.people.verified(Who(request.platform, request.tenant, request.platform_user))
        return Bound(Bind.ONE if target else Bind.UNKNOWN, None, target, why="Okta, by id")


def _expectation(passed: Verdict, facts: Facts) -> dict[str, Any]:
    return {"verdict": passed.as_row(), "digest": facts.digest(), "status": facts.status.value if facts.status else ""}


def _person(request: Request, bound: Bound) -> dict[str, Any]:
    if bound.account is None:
        return {"requester_name": bound.profile.name[:200]} if bound.profile and bound.profile.name else {}
    target = {} if request.on_behalf else {"target_okta_id": bound.account.id}
    return {"requester": bound.account.email, "okta_id": bound.account.id, "requester_name": bound.account.name[:200], **target}


def _matched(request: Request, applications: tuple[Application, ...] | None) -> dict[str, Any]:
    """Words that are an application of the person's own list become that application, and an id gets its label."""
    known = facts_of.named(request, applications)
    kind, label = str(known["app_kind"]), str(known["app_label"])
    if kind != "app" or (request.app_kind, request.app_label) == (kind, label):
        return {}
    id_ = request.app_id or next((a.id for a in applications or () if a.label == label), "")
    return {"app_kind": kind, "app_label": label, "target_record": label, "app_id": id_}


def _with(request: Request, columns: dict[str, Any]) -> Request:
    """The request as it will be once `columns` are written, for the judgement only."""
    for name, value in columns.items():
        if name != "verdict":
            setattr(request, name, value)
    return request


async def _duplicate(request: Request, columns: dict[str, Any]) -> Request | None:
    """Another open request of this person for the target: it has only now been named, or they asked on another platform
    (rulings, row 3)."""
    chat = Who(request.platform, request.tenant, request.platform_user)
    who = f"okta:{request.okta_id}" if request.okta_id and request.app_kind else chat
    key = open_key(who, request.app_kind, request.app_label, request.on_behalf)
    if key == request.open_key:
        return None
    other = await requests.open_for(key)
    if other is not None and other.request_id != request.request_id:
        return other
    columns["open_key"] = key
    return None


async def _merge(request: Request, other: Request, told: list[NewEvent], columns: dict[str, Any]) -> Request:
    columns["verdict"] = {**(request.verdict or {}), "merged": other.request_id}
    note = event(
        other,
        audit.MESSAGE,
        f"{request.platform}:{request.tenant}:{request.platform_user}",
        kind="note",
        text=request.summary,
        from_request=request.request_id,
    )
    async with transaction():
        return await move(
            request,
            Verb.CLOSE,
            owner="",
            rule="3",
            rationale=f"The same is asked for in {other.request_id}, which is open.",
            events=[*told, note],
            **columns,
        )
