"""`keyturn approve / reject / return / unfreeze`: break-glass for an operator who is an administrator.

Audited and checked like a click in chat; the running `serve` carries out what was decided.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import out
from bot.cli.ending import Ending

if TYPE_CHECKING:
    from dialogs.decisions import Decision
    from storage.models import Request

Id = Annotated[str, typer.Argument(metavar="ID", help="Such as IT-1048.")]
By = Annotated[str, typer.Option(metavar="E-MAIL", help="Who decides; an administrator.")]
Reason = Annotated[str, typer.Option(help="Why; goes on the record.")]


def approve(
    request_id: Id,
    by: By,
    reason: Reason,
    verified: Annotated[
        str,
        typer.Option(
            metavar="HOW", help="met_in_person, video_call_with_id, call_back or manager_vouched, where the person could not confirm."
        ),
    ] = "",
) -> None:
    """Approve an escalated request, with all the rules of a click. A released manual one is recorded as done."""
    from dialogs.decisions import Decision

    _decide(request_id, by, Decision("approve", reason=_given(reason), how=verified.strip()))


def reject(request_id: Id, by: By, reason: Reason) -> None:
    """Reject an escalated request; the requester is told in neutral words."""
    from dialogs.decisions import Decision

    _decide(request_id, by, Decision("reject", reason=_given(reason), why_not="other"))


def send_back(request_id: Id, by: By, reason: Annotated[str, typer.Option(help="The question to the requester, who will see it.")]) -> None:
    """Return an escalated request to the requester with a question."""
    from dialogs.decisions import Decision

    _decide(request_id, by, Decision("return", reason=_given(reason)))


def unfreeze(email: Annotated[str, typer.Argument(metavar="E-MAIL", help="Whose account.")], by: By, reason: Reason) -> None:
    """Lift the freeze that "This wasn't me" put on an account."""
    from bot.cli.opened import database, settings_with_key
    from bot.cli.requests import require_admin

    loaded = settings_with_key()
    require_admin(by, loaded.admins)
    _given(reason)

    async def work() -> int:
        from dialogs import operator

        async with database(loaded):
            return await operator.unfreeze(email.strip(), by.strip().lower(), reason.strip())

    asyncio.run(work())
    out.say(f"Resets of {email.strip()} are possible again.")


def _given(reason: str) -> str:
    if not reason.strip():
        raise Ending("Give a reason: it goes on the record.")
    return reason.strip()[:1000]


def _decide(request_id: str, by: str, decision: Decision) -> None:
    from bot.cli.opened import settings_with_key
    from bot.cli.requests import require_admin

    loaded = settings_with_key()
    require_admin(by, loaded.admins)

    async def work() -> Request:
        from bot.operating import operating
        from dialogs import operator

        async with operating(loaded) as desk:
            return await operator.decide(
                desk.services,
                desk.review,
                request_id.strip().upper(),
                by.strip().lower(),
                decision,
                lambda said: typer.echo(said, err=True),
            )

    row = asyncio.run(work())
    out.say(f"{row.request_id} is {row.status}{f' ({row.decision})' if row.decision else ''}.")
