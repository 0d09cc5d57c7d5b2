"""What an administrator does from the command line: audited and checked like a click (rulings, Human decisions)."""

from __future__ import annotations

from dialogs.errors import Declined, NotFound
from dialogs.lifecycle import TERMINAL, Status, Verb
from dialogs.record import event, move
from storage import audit, effects, freezes, requests
from storage.database import transaction
from storage.models import Request


async def cancel(request_id: str, by: str, reason: str) -> Request:
    """Withdraws a request in an administrator's name; the caller has checked that `by` is one.

    Raises NotFound, or Declined when it is over or being carried out.
    """
    async with transaction():
        request = await requests.get(request_id)
        if request is None:
            raise NotFound(f"There is no request {request_id}.")
        if Status(request.status) in TERMINAL:
            raise Declined(f"{request_id} is {request.status} already.")
        if await effects.unfinished(request_id):
            raise Declined(f"{request_id} is being carried out right now, so it can't be cancelled any more.")
        return await move(
            request,
            Verb.CANCEL,
            actor=by,
            owner="",
            rationale=f"Cancelled by {by}: {reason}",
            events=[event(request, audit.DECISION, by, decision="Cancelled", reason=reason, surface="command line")],
        )


async def unfreeze(email: str, by: str, reason: str) -> int:
    """Lifts the freezes of an account after "This wasn't me". Answers how many; raises Declined when there is none."""
    async with transaction():
        found = await freezes.of_email(email)
        if not found:
            raise Declined(f"Resets of {email} are not frozen.")
        for freeze in found:
            await freezes.lift(freeze.okta_id, by, reason)
            request = await requests.get(freeze.request_id)
            if request is not None:
                await audit.append([event(request, audit.DECISION, by, kind="unfreeze", account=email, reason=reason)])
    return len(found)
