"""The gate: facts, policy and the model's advice to one verdict. Pure: nothing is fetched, nothing is written.

**Order.** Rows 4 to 16 of the decision table, first hit wins (`gate_rows`). A refused identity check is row 14 in the
table but comes as soon as rows 4 to 7e have not ended the request: whatever those and later rows would escalate, ask or
allow, a "This wasn't me" is the more urgent thing to say, and its freeze must not be lost. Where rows 4 to 7 end the
request (rejected, closed), that end stands and carries the security event and the freeze.

**Unknown.** A needed fact that is unknown escalates at its row; it never resets, rejects, asks or closes.

**Advice.** The lattice is effect, check, wait < ask < escalate < reject, close. A model moves a verdict up in it, never
down or sideways:

- `reset` moves nothing.
- `ask` moves nothing either: where no application is named row 9 asks anyway, and where one is named code knows it.
- `escalate` turns an effect, check, wait or question into an escalation, of rule "advice".
- `reject` and `close` name the row that they rest on, and that row, not the word, chooses the end: "6" rejects as row 6
  does, "5" closes as row 5 does. Only these two can be read from text. They come at their row's place, so an earlier row
  wins, and any other row, or none, counts as `escalate`.
- What code knows stands against it: a request that is YES a reset (a filled form) is not closed, and a declared third
  party is not rejected for being one; both count as `escalate`. Advice is not heard on a refused identity check.
"""

from __future__ import annotations

from dataclasses import replace

from agent.facts import Facts, Tri
from agent.gate_rows import AFTER, BEFORE, HIGH, Row, effect, refusal
from agent.policy import Policy
from agent.standing import Standing
from agent.verdict import Advice, EffectKind, Outcome, Reading, Verdict

ADVICE = "advice"
"""The rule of a verdict that only the model's caution escalated."""

_SOFT = frozenset({Outcome.EFFECT, Outcome.CHECK, Outcome.WAIT, Outcome.ASK})
_ENDS = frozenset({Outcome.REJECT, Outcome.CLOSE})
_AGREES = {
    Advice.RESET: frozenset({Outcome.EFFECT, Outcome.CHECK, Outcome.WAIT}),
    Advice.ASK: frozenset({Outcome.ASK}),
    Advice.ESCALATE: frozenset({Outcome.ESCALATE}),
    Advice.REJECT: frozenset({Outcome.REJECT}),
    Advice.CLOSE: frozenset({Outcome.CLOSE}),
}
_NOTE_LIMIT = 500
"""Characters of a note: the model's words are for a reviewer's card, not for filling it."""


def decide(facts: Facts, policy: Policy | None, reading: Reading | None, *, fallback_owner: str) -> Verdict:
    """The verdict on a request.

    `policy` is the accepted revision, None when there is none; its age is in the facts. `reading` is None when no model
    was heard. `fallback_owner` (KEYTURN_FALLBACK_OWNER) owns what nobody else does. Raises nothing.
    """
    at = Standing(facts, policy, fallback_owner)
    refused = refusal(at)
    early = _first(BEFORE, at, "" if refused is not None else _row_advised(reading))
    if refused is not None:
        verdict = refused
        if early is not None and early.outcome in _ENDS:
            verdict = replace(early, priority=HIGH, security=True, freeze=refused.freeze)
    else:
        verdict = _cautioned(at, early or _first(AFTER, at, "") or effect(at), reading)
    return _noted(_marked(at, verdict), reading)


def observe(verdict: Verdict, approved: frozenset[str] = frozenset()) -> Verdict:
    """The verdict in observe mode: what would be done becomes a suggestion that a person approves (rulings, observe mode).

    `approved` are the rows that a person approved already: an approved effect is carried out.

    The application's owner is asked, or the fallback owner where there is none: whoever would be asked if the policy did
    not allow the reset (row 10a). Everything that is no effect stays as it is.
    """
    if verdict.outcome is not Outcome.EFFECT or approved:
        return verdict
    what = verdict.effect.value if verdict.effect is not None else "effect"
    return replace(
        verdict,
        outcome=Outcome.ESCALATE,
        rationale=f"Suggested: {what}. {verdict.rationale}",
        owner=verdict.reviewer,
        notes=(*verdict.notes, "Observe mode: the rules allow this without a person; nothing was done yet."),
    )


def _first(rows: tuple[Row, ...], at: Standing, advised: str) -> Verdict | None:
    found = (verdict for row in rows if (verdict := row(at, advised)) is not None)
    return next((verdict for verdict in found if not _approved(at, verdict)), None)


def _approved(at: Standing, verdict: Verdict) -> bool:
    """Whether a person has approved what this row escalates. Only what an approval may carry out is passed over: rows
    7b, 7e and 8, a refused check and whatever is unknown carry no effect, so no approval opens them."""
    return verdict.outcome is Outcome.ESCALATE and verdict.effect is not None and verdict.rule in at.facts.approved


def _row_advised(reading: Reading | None) -> str:
    """ "5" or "6" where the advice is an end that rests on that row."""
    if reading is None or reading.advice not in {Advice.REJECT, Advice.CLOSE}:
        return ""
    return reading.rule if reading.rule in {"5", "6"} else ""


def _cautioned(at: Standing, verdict: Verdict, reading: Reading | None) -> Verdict:
    """`verdict`, or an escalation where the advice is more careful than what would go on by itself."""
    if reading is None or reading.advice in {Advice.RESET, Advice.ASK} or verdict.outcome not in _SOFT or ADVICE in at.facts.approved:
        return verdict
    why = "The rules would let it go on; the agent, from the text, wants a person to look."
    return at.escalate(ADVICE, why, owner=at.app_owner, approve=verdict.outcome is not Outcome.ASK)


def _marked(at: Standing, verdict: Verdict) -> Verdict:
    """What holds for a verdict of any row: the marks for step-up, and what an effect brings with it."""
    policy = at.fresh
    return replace(
        verdict,
        url=at.page_address if verdict.effect is EffectKind.POINT else "",
        sensitive=at.blocking is not None,
        privileged=verdict.rule == "8" or at.privileged is Tri.YES,
        identity_needed=policy is None or policy.identity_check,
        revoke_sessions=policy is not None and policy.revoke_sessions and verdict.effect is EffectKind.RESET,
    )


def _noted(verdict: Verdict, reading: Reading | None) -> Verdict:
    """The verdict with a note of what the model suggested, where that is something else."""
    if reading is None or verdict.outcome in _AGREES[reading.advice]:
        return verdict
    row = f" (row {reading.rule})" if reading.rule else ""
    note = f"The agent suggested: {reading.advice.value}{row}. {reading.rationale}".strip()[:_NOTE_LIMIT]
    return replace(verdict, notes=(*verdict.notes, note))
