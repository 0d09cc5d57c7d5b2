"""The one module that may ask Okta for a reset, an unlock or a resend. It acts on a single-use grant, or not at all.

Order (security brief, section 0 and I22, I23):
1. the intent is committed: what, for whom, under which rule and policy revision;
2. the facts are read again and the gate decides again; only the same effect unseals the grant;
3. the grant is consumed by compare-and-set: from here on Okta is called once at the most, whatever crashes;
4. Okta is called and the result is committed. A result that is not known is looked up, never tried again.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agent.facts import Facts
from agent.verdict import EffectKind, Outcome, Verdict
from dialogs.lifecycle import Verb
from dialogs.record import amend, event, move
from dialogs.services import Services
from integrations.base import AccountStatus, Directory, Refused, SystemFault, Unavailable
from storage import audit, requests
from storage import effects as rows
from storage.database import transaction
from storage.models import Effect, Request

LIFE = timedelta(seconds=60)
"""A grant that is older acts on nothing."""
RESETS = (EffectKind.RESET.value, EffectKind.RESEND.value)
"""Effects that count against the limits of row 12."""
TOOL = {
    EffectKind.RESET: "okta_send_password_reset_link",
    EffectKind.RESEND: "okta_send_password_reset_link",
    EffectKind.UNLOCK: "okta_unlock",
}


class NotGranted(Exception):
    """The facts, read again, do not give the effect that was intended."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Made only by `Sealed.unseal`; spent by `carry_out`."""

    effect: Effect
    secret: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A committed intent whose grant is not open yet."""

    effect: Effect
    secret: str

    def unseal(self, facts: Facts, verdict: Verdict) -> Grant:
        """The second look must say the same: EFFECT, the same kind, the same facts, the same policy revision.

        Raises NotGranted.
        """
        if verdict.outcome is not Outcome.EFFECT or verdict.effect is None or verdict.effect.value != self.effect.kind:
            raise NotGranted(verdict.rationale)
        if facts.digest() != self.effect.facts_digest:
            raise NotGranted("the facts changed between the decision and the reset")
        if verdict.policy_revision != self.effect.policy_revision:
            raise NotGranted("another policy revision came into force")
        return Grant(self.effect, self.secret)


async def intend(services: Services, request: Request, verdict: Verdict, facts_digest: str, status: str) -> tuple[Request, Sealed]:
    """Commits the intent: its row, its audit event, a new version of the request. No audit, no action.

    `facts_digest` and `status` (the account's) are of the facts that `verdict` came from.
    """
    if verdict.effect is None or verdict.effect is EffectKind.POINT:
        raise NotGranted("nothing to be done in Okta")
    account = request.target_okta_id or request.okta_id
    secret = secrets.token_hex(32)
    now = services.now()
    async with transaction():
        earlier = [e for e in await rows.of_request(request.request_id) if (e.kind, e.round) == (verdict.effect.value, request.round)]
        effect = await rows.intend(
            request_id=request.request_id,
            kind=verdict.effect.value,
            okta_id=account,
            round=request.round,
            attempt=len(earlier) + 1,
            grant_digest=_digest(secret),
            facts_digest=facts_digest,
            policy_revision=verdict.policy_revision,
            rule=verdict.rule,
            status_before=status,
            intended_at=now,
            expires_at=now + LIFE,
        )
        request = await amend(
            request,
            verdict=_stored(request, verdict),
            rule=verdict.rule,
            events=[
                event(
                    request,
                    audit.TOOL_CALL,
                    tool=TOOL[verdict.effect],
                    phase="intent",
                    effect=verdict.effect.value,
                    rule=verdict.rule,
                    policy_revision=verdict.policy_revision,
                    attempt=effect.attempt,
                )
            ],
        )
    return request, Sealed(effect, secret)


async def carry_out(services: Services, request: Request, grant: Grant, directory: Directory, *, revoke_sessions: bool) -> Request:
    """Spends the grant and calls Okta once. Every ending is on the record: done, refused, or not known yet."""
    effect = grant.effect
    async with transaction():
        spent = await rows.consume(_digest(grant.secret), services.now())
    if not spent:
        return await _withdraw(request, effect, "the grant was spent or too old")
    try:
        await _call(services, EffectKind(effect.kind), facts_status=effect.status_before, account=effect.okta_id, directory=directory)
    except Unavailable as fault:
        if fault.sent:
            async with transaction():
                return await amend(
                    await _fresh(request),
                    events=[
                        event(
                            request,
                            audit.TOOL_CALL,
                            "Okta",
                            tool=TOOL[EffectKind(effect.kind)],
                            phase="result",
                            result="unknown",
                            why=fault.reason,
                        )
                    ],
                )
        return await _refused(services, request, effect, fault.reason)
    except SystemFault as fault:
        return await _refused(services, request, effect, fault.reason, code=fault.code if isinstance(fault, Refused) else "")
    note = await _revoke(directory, effect.okta_id) if revoke_sessions and effect.kind == EffectKind.RESET else ""
    return await done(request, effect, note=note)


async def _call(services: Services, kind: EffectKind, *, facts_status: str, account: str, directory: Directory) -> None:
    if kind is EffectKind.UNLOCK:
        await directory.unlock(account)
    elif services.house.reset_method == "forgot_password" and facts_status == AccountStatus.ACTIVE.value:
        await directory.forgot_password(account)
    else:
        # Only ACTIVE accepts forgot_password; PASSWORD_EXPIRED and RECOVERY always take reset_password (rulings, Okta call).
        await directory.reset_password(account)


async def _revoke(directory: Directory, account: str) -> str:
    try:
        await directory.revoke_sessions(account)
    except SystemFault as fault:
        return f"sessions could not be ended ({fault.reason})"
    return "sessions ended"


async def done(request: Request, effect: Effect, *, note: str = "", seen_later: bool = False) -> Request:
    """The effect was made: link sent, or account unlocked. Completed / Approved in the same transaction."""
    kind = EffectKind(effect.kind)
    result = "unlocked" if kind is EffectKind.UNLOCK else "link sent"
    details: dict[str, Any] = {"tool": TOOL[kind], "phase": "result", "result": result, "effect": kind.value}
    if note:
        details["note"] = note
    if seen_later:
        details["why"] = "found in Okta after the answer was lost"
    async with transaction():
        fresh = await _fresh(request)
        await rows.finish(effect, "done", result)
        return await move(
            fresh,
            Verb.COMPLETE,
            rationale=_rationale(fresh, kind),
            owner="",
            events=[
                event(fresh, audit.TOOL_CALL, "Okta", **details),
                event(
                    fresh, audit.DECISION, decision="Approved", rule=effect.rule, policy_revision=effect.policy_revision, effect=kind.value
                ),
            ],
        )


def _rationale(request: Request, kind: EffectKind) -> str:
    did = {
        EffectKind.RESET: "Okta mailed a reset link",
        EffectKind.RESEND: "Okta mailed the reset link again",
        EffectKind.UNLOCK: "The account was unlocked",
    }
    stored = (request.verdict or {}).get("verdict", {}).get("rationale", "")
    return f"{did[kind]}. {stored}".strip()


async def _refused(services: Services, request: Request, effect: Effect, why: str, *, code: str = "") -> Request:
    """Okta certainly did nothing: a person decides what next."""
    reason = f"Okta did not carry out the {effect.kind}: {why}."
    async with transaction():
        await rows.finish(effect, "refused", why)
        fresh = await _fresh(request)
        return await move(
            fresh,
            Verb.ESCALATE,
            owner=services.house.fallback_owner,
            rule="16",
            rationale=reason,
            verdict=_escalated(fresh, reason),
            events=[
                event(
                    request,
                    audit.TOOL_CALL,
                    "Okta",
                    tool=TOOL[EffectKind(effect.kind)],
                    phase="result",
                    result="refused",
                    why=why,
                    code=code,
                ),
                event(
                    request,
                    audit.ESCALATION,
                    reason=f"Okta did not carry out the {effect.kind}.",
                    rule="16",
                    next_owner=services.house.fallback_owner,
                ),
            ],
        )


async def _withdraw(request: Request, effect: Effect, why: str) -> Request:
    async with transaction():
        await rows.finish(effect, "refused", why)
        return await amend(
            await _fresh(request),
            events=[event(request, audit.TOOL_CALL, tool=TOOL[EffectKind(effect.kind)], phase="result", result="not done", why=why)],
        )


async def withdraw(request: Request, sealed: Sealed, why: str) -> Request:
    """The intent will not be carried out: the second look said otherwise."""
    return await _withdraw(request, sealed.effect, why)


# ---------------------------------------------------------------- after a crash or a lost answer

LOOKS = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=40))
"""When a lost answer is looked for, counted from the spent grant; after the last a person takes over."""
EVIDENCE = {
    EffectKind.RESET: ("user.account.reset_password", "system.email.password_reset.sent_message"),
    EffectKind.RESEND: ("user.account.reset_password", "system.email.password_reset.sent_message"),
    EffectKind.UNLOCK: ("user.account.unlock", "user.account.unlock_by_admin"),
}


async def reconcile(services: Services, request: Request, effect: Effect, directory: Directory | None) -> timedelta | None:
    """Settles an intent whose result is not on record. Never calls Okta again for it.

    A grant that was never spent cannot have reached Okta: it lapses, and the request is judged anew. A spent one is
    looked up: the account's status, then the System Log. Answers when to look again; None when it is settled.
    """
    if effect.consumed_at is None:
        await _withdraw(request, effect, "interrupted before Okta was called")
        return None
    since = services.now() - effect.consumed_at
    if directory is not None and await _made(effect, directory):
        await done(request, effect, seen_later=True)
        return None
    later = next((look for look in LOOKS if look > since), None)
    if later is not None:
        return later - since
    async with transaction():
        fresh = await _fresh(request)
        await rows.finish(effect, "unknown", "no trace of it in Okta")
        owner = services.house.fallback_owner
        reason = f"Whether Okta carried out the {effect.kind} is not known; please look before anything is repeated."
        await move(
            fresh,
            Verb.ESCALATE,
            owner=owner,
            rule="16",
            priority="High",
            rationale=reason,
            verdict=_escalated(fresh, reason),
            events=[
                event(fresh, audit.TOOL_CALL, "Okta", tool=TOOL[EffectKind(effect.kind)], phase="result", result="unknown"),
                event(fresh, audit.ESCALATION, reason=reason, rule="16", next_owner=owner),
            ],
        )
    return None


async def _made(effect: Effect, directory: Directory) -> bool:
    kind = EffectKind(effect.kind)
    intended = effect.intended_at
    try:
        account = await directory.account(effect.okta_id)
    except SystemFault:
        return False
    if kind is EffectKind.UNLOCK and effect.status_before == AccountStatus.LOCKED_OUT and account.status is AccountStatus.ACTIVE:
        return True
    moved = account.status is AccountStatus.RECOVERY and effect.status_before != AccountStatus.RECOVERY
    if kind is EffectKind.RESET and (moved or (account.password_changed is not None and account.password_changed > intended)):
        return True
    try:
        return bool(await directory.events(effect.okta_id, intended, *EVIDENCE[kind]))
    except SystemFault:
        return False


async def _fresh(request: Request) -> Request:
    """The row as it is now: what a person pressed meanwhile must not lose the result of the effect."""
    return await requests.get(request.request_id) or request


async def last_done(request_id: str) -> Effect | None:
    """The effect that was made for this request, the last one when there are several."""
    made = [e for e in await rows.of_request(request_id) if e.outcome == rows.DONE]
    return made[-1] if made else None


def _escalated(request: Request, reason: str) -> dict[str, Any]:
    """Why a person is asked now, for the review card; what Approve would do stays as it was."""
    kept = request.verdict or {}
    return {**kept, "escalated": {**(kept.get("verdict") or {}), "rule": "16", "rationale": reason}, "expected": None}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _stored(request: Request, verdict: Verdict) -> dict[str, Any]:
    return {**(request.verdict or {}), "verdict": verdict.as_row()}
