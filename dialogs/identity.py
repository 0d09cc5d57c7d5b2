"""The identity check: a push to a phone that is enrolled already, started by us, answered in Okta alone.

Nothing typed in a chat counts. The state lives in the row (`Request.identity`): asked, pending, passed, ...
A check belongs to one request, one factor and one transaction; it passes once and only in its own time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from agent.facts import Identity as Standing
from dialogs.lifecycle import Status, Verb
from dialogs.record import amend, event, move
from dialogs.services import Services
from integrations.base import ChallengeState, Directory, Factor, Missing, Refused, SystemFault, Unavailable
from storage import audit, moments, requests
from storage.database import transaction
from storage.models import Request

LIFE = timedelta(minutes=10)
"""A passed check is good for the effect this long (security brief, I6; ASVS 6.5.5)."""
TRIES = 2
PATIENCE = timedelta(seconds=30)
"""How long past its end an unreadable answer is waited for, before it counts as not verified."""


def usable(factors: tuple[Factor, ...]) -> Factor | None:
    """The push factor that a check uses: active, Okta Verify, the one enrolled longest."""
    pushes = [f for f in factors if f.active and f.type == "push" and f.provider.upper() == "OKTA"]
    return min(pushes, key=lambda f: (f.created is None, f.created), default=None) if pushes else None


def standing(request: Request, now: datetime) -> Standing:
    """Where the check stands, from the row alone. A pass that is too old is none."""
    kept = request.identity or {}
    state = Standing(kept.get("state", Standing.NONE.value)) if kept.get("state") != "asked" else Standing.PENDING
    if state is Standing.PASSED and now - moments.read(kept["passed_at"]) > LIFE:
        return Standing.NONE
    return state


def asked(request: Request) -> dict[str, Any]:
    """The state before the push is sent: the next try."""
    return {"state": "asked", "try": int((request.identity or {}).get("try", 0)) + 1}


async def send(services: Services, request: Request, directory: Directory) -> timedelta:
    """Sends the push of a request that is Waiting with state `asked`; answers when to look at it."""
    account = request.target_okta_id or request.okta_id
    try:
        factor = usable(await directory.factors(account))
        if factor is None:
            return await _over(services, request, Standing.FAILED, "no usable factor any more")
        challenge = await directory.challenge(account, factor.id)
    except (Unavailable, Refused, Missing) as fault:
        return await _over(services, request, Standing.UNKNOWN, f"the push could not be sent ({fault.reason})")
    pending = {
        **(request.identity or {}),
        "state": Standing.PENDING.value,
        "factor": challenge.factor_id,
        "transaction": challenge.transaction_id,
        "number": challenge.number,
        "expires_at": moments.write(challenge.expires_at),
        "sent_at": moments.write(services.now()),
    }
    async with transaction():
        # The ticket may have changed the row meanwhile. The push is out: losing it here would send a second one.
        fresh = await requests.get(request.request_id)
        if fresh is None or fresh.status != Status.WAITING or fresh.identity != request.identity:
            return timedelta(0)
        await amend(
            fresh,
            identity=pending,
            events=[
                event(
                    request,
                    audit.TOOL_CALL,
                    "Okta",
                    tool="check_identity",
                    result="sent",
                    factor="Okta Verify push",
                    attempt=pending["try"],
                )
            ],
        )
    return services.first_look


async def look(services: Services, request: Request, directory: Directory) -> timedelta:
    """Asks Okta for the answer of the pending push; moves the request on when there is one."""
    kept = request.identity or {}
    account = request.target_okta_id or request.okta_id
    ends = moments.read(kept["expires_at"])
    now = services.now()
    try:
        state = await directory.challenge_state(account, kept["factor"], kept["transaction"])
    except SystemFault as fault:
        if now < ends + PATIENCE:
            return services.next_look
        return await _over(services, request, Standing.UNKNOWN, f"the answer could not be read ({fault.reason})")
    match state:
        case ChallengeState.SUCCESS if now <= ends + PATIENCE:
            return await _over(services, request, Standing.PASSED, "confirmed", passed_at=moments.write(now))
        case ChallengeState.REJECTED:
            return await _over(services, request, Standing.REJECTED, "refused on the phone", security=True)
        case ChallengeState.WAITING if now < ends:
            return services.next_look
        case _:
            late = Standing.FAILED if int(kept.get("try", 1)) >= TRIES else Standing.TIMED_OUT
            return await _over(services, request, late, "no answer in time")


async def _over(services: Services, request: Request, result: Standing, why: str, *, security: bool = False, **more: Any) -> timedelta:
    details: dict[str, Any] = {"tool": "check_identity", "result": result.value, "why": why}
    if security:
        details["security"] = True
    async with transaction():
        fresh = await requests.get(request.request_id)
        if fresh is None or fresh.status != Status.WAITING or fresh.identity != request.identity:
            return timedelta(0)
        await move(
            fresh,
            Verb.ANSWER,
            actor="Okta",
            identity={**(request.identity or {}), "state": result.value, **more},
            events=[event(request, audit.TOOL_CALL, "Okta", **details)],
        )
    return timedelta(0)
