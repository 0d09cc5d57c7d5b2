"""Rows 4 to 16 of the decision table (rulings), one small function each; `BEFORE` and `AFTER` hold them in its order.

A row gets the standing of the request and the row that the model's advice rests on ("5", "6" or ""), and says its
verdict, or None: not this row. A fact that a row needs and that is unknown escalates there; a fact that it does not
need in this case is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.facts import AppKind, Identity, Tri
from agent.policy import Tier
from agent.standing import MANUAL, Standing
from agent.verdict import Outcome, Verdict
from integrations.base import AccountStatus

Row = Callable[[Standing, str], Verdict | None]

HIGH = "High"
LOW = "Low"


def bound(at: Standing, advised: str) -> Verdict | None:
    """Row 4: the chat identity is exactly one Okta person."""
    match at.facts.bound:
        case Tri.NO:
            return at.refuse("4", "The chat identity does not belong to exactly one Okta person.")
        case Tri.UNKNOWN:
            return at.unknown("4", "which Okta person the chat identity belongs to")
        case _:
            return None


def about_reset(at: Standing, advised: str) -> Verdict | None:
    """Row 5: it is a password reset. Where code cannot tell, the model's reading may close it; where code can
    (a filled form), it cannot."""
    facts = at.facts
    if facts.about_reset is Tri.NO:
        return Verdict(Outcome.CLOSE, "5", "The request is not about a password.", priority=LOW)
    if facts.about_reset is Tri.YES:
        return None
    if advised == "5":
        return Verdict(Outcome.CLOSE, "5", "The request, as read by the agent, is not about a password.", priority=LOW)
    return at.unknown("5", "whether this is a password reset")


def about_self(at: Standing, advised: str) -> Verdict | None:
    """Row 6: one's own account. A declared third party is row 6b's."""
    if at.facts.on_behalf:
        return None
    if at.facts.about_self is Tri.NO:
        return at.refuse("6", "The request is about somebody else's account and was not declared so.")
    if advised == "6":
        return at.refuse("6", "The request, as read by the agent, is about somebody else's account.")
    if at.facts.about_self is Tri.UNKNOWN:
        return at.unknown("6", "whether the request is about the requester's own account")
    return None


def on_behalf(at: Standing, advised: str) -> Verdict | None:
    """Row 6b: declared on behalf of somebody. Without a policy the strictest setting holds, reject."""
    if not at.facts.on_behalf:
        return None
    section = at.setting("on_behalf_escalates") if at.policy is not None else ""
    if at.policy is None or not at.policy.on_behalf_escalates:
        return at.refuse("6", "Requests for somebody else's account are not taken.", section=section)
    match at.facts.relationship:
        case Tri.YES if "6b" in at.facts.approved:
            return None  # agreed to by a person; whose account it is and all that follows is judged as for anybody
        case Tri.YES:
            why = "The requester asks for a person whose manager they are on record."
            return at.escalate("6b", why, owner=at.app_owner, section=section)
        case Tri.NO:
            return at.refuse("6b", "The requester is not on record as the manager of the person they ask for.", section=section)
        case _:
            return at.unknown("6b", "whether the requester is the manager of the person they ask for")


def status(at: Standing, advised: str) -> Verdict | None:
    """Rows 7, 7b, 7c, 7d: what the account's status allows. 7c and 7d may only choose the effect, and go on."""
    facts, policy = at.facts, at.fresh
    match facts.status:
        case None:
            return at.unknown("7", "the account's status")
        case AccountStatus.DEPROVISIONED:
            return Verdict(Outcome.REJECT, "7", "The account is deactivated.", neutral=True)
        case AccountStatus.SUSPENDED:
            return at.escalate("7b", "The account is suspended.", priority=HIGH, approve=False)
        case AccountStatus.STAGED | AccountStatus.PROVISIONED:
            return at.escalate("7b", "The account was never activated: it needs an activation, not a reset.", approve=False)
        case AccountStatus.LOCKED_OUT if policy is None:
            return at.escalate("7c", "The account is locked out, and no policy in force says that it may be unlocked.")
        case AccountStatus.LOCKED_OUT if policy is not None and not policy.unlock_locked_out:
            return at.escalate("7c", "The account is locked out, which may be an attack.", section=at.setting("unlock_locked_out"))
        case AccountStatus.RECOVERY if at.page_address:
            return None  # the application's own page is pointed to: nothing is sent again
        case AccountStatus.RECOVERY if facts.resent_recently is Tri.YES:
            return at.escalate("7d", "A link is out already and was sent again within 24 hours.")
        case AccountStatus.RECOVERY if facts.resent_recently is Tri.UNKNOWN:
            return at.unknown("7d", "whether the link was sent again within 24 hours")
        case _:
            return None


def credentials(at: Standing, advised: str) -> Verdict | None:
    """Row 7e: Okta's own credentials, and facts that agree."""
    facts = at.facts
    if facts.okta_sourced is Tri.NO:
        return at.escalate("7e", "The password is kept by another directory, not by Okta.", approve=False)
    if facts.contradiction is Tri.YES:
        return at.escalate("7e", "What is known about the request contradicts itself.", approve=False)
    if facts.okta_sourced is Tri.UNKNOWN:
        return at.unknown("7e", "which directory keeps the password")
    if facts.contradiction is Tri.UNKNOWN:
        return at.unknown("7e", "whether what is known fits together")
    return None


def identity_known(at: Standing, advised: str) -> Verdict | None:
    """Row 14, where the end of a check cannot be read. It may have been a refusal, so nothing goes past it, not even
    where the policy asks for no check."""
    return at.unknown("14", "how the identity check ended") if at.facts.identity is Identity.UNKNOWN else None


def privileged(at: Standing, advised: str) -> Verdict | None:
    """Row 8: never a reset by the bot. What is known to be privileged wins over what is not known."""
    facts, row = at.facts, at.app_row
    owner = (at.policy.privileged_owner if at.policy is not None else "") or at.fallback_owner
    why, section = "", ""
    if facts.admin_role is Tri.YES:
        why = "The account holds an admin role."
    elif at.privileged_group:
        why, section = f"The account is in the privileged group {at.privileged_group}.", at.setting("privileged_groups")
    elif facts.service_account is Tri.YES:
        why = "It is a service account."
    elif row is not None and row.tier is Tier.PRIVILEGED:
        why, section, owner = f"{row.application} is a privileged application.", at.row(row), row.owner
    elif row is not None and row.reset_path == MANUAL:
        why, section, owner = f"Passwords of {row.application} are reset by hand.", at.row(row), row.owner
    if why:
        return at.escalate("8", why, owner=owner, priority=HIGH, approve=False, section=section)
    if at.privileged is Tri.UNKNOWN:
        return at.unknown("8", ", ".join(at.missing()), priority=HIGH)
    return None


def named(at: Standing, advised: str) -> Verdict | None:
    """Row 9: which application."""
    if at.facts.app_kind is AppKind.UNNAMED:
        return Verdict(Outcome.ASK, "9", "The request does not say which application it is about.")
    return None


def assigned(at: Standing, advised: str) -> Verdict | None:
    """Row 9b: one of the person's own applications. Asked once with their list, then rejected with a pointer."""
    if at.facts.app_kind is AppKind.ACCOUNT or at.assigned is Tri.YES:
        return None
    if at.assigned is Tri.UNKNOWN:
        return at.unknown("9b", f"whether {at.app_name} is assigned", priority=LOW)
    rationale = f"{at.app_name} is not among the applications that are assigned."
    return Verdict(Outcome.REJECT if at.facts.asked_for_app else Outcome.ASK, "9b", rationale, priority=LOW)


def policy(at: Standing, advised: str) -> Verdict | None:
    """Row 10: a policy in force, and a rule in it. Cites nothing: there is nothing to rest on."""
    if at.policy is None:
        return at.escalate("10", "No policy has been accepted.")
    if at.facts.policy_age is None:
        return at.escalate("10", "The policy's source was never read, so that it is not known whether it still holds.")
    if at.fresh is None:
        return at.escalate("10", "The policy was last read longer ago than its maximum age.")
    if at.facts.app_kind is not AppKind.ACCOUNT and at.app_row is None and not at.fresh.unlisted_standard:
        return at.escalate("10", f"The policy has no row for {at.app_name}.")
    return None


def self_service(at: Standing, advised: str) -> Verdict | None:
    """Row 10a."""
    if at.fresh is not None and at.fresh.self_service:
        return None
    return at.escalate("10a", "The policy does not allow self-service resets.", owner=at.app_owner, section=at.setting("self_service"))


def sensitive(at: Standing, advised: str) -> Verdict | None:
    """Row 11: the owner of a Sensitive application agrees first."""
    row = at.blocking
    if row is not None and row is at.app_row:
        return at.escalate("11", f"{row.application} is a sensitive application.", owner=row.owner, priority=HIGH, section=at.row(row))
    if row is not None:
        why = f"The reset is account-wide, and the account can open {row.application}, which is {row.tier.lower()}."
        return at.escalate("11", why, owner=row.owner, priority=HIGH, section=at.row(row))
    if at.blocks_account and at.facts.assigned_labels is None:
        return at.unknown("11", "which applications an account-wide reset would reach", priority=HIGH)
    return None


def limits(at: Standing, advised: str) -> Verdict | None:
    """Row 12: frozen accounts, the global breaker, resets a day."""
    facts, rules = at.facts, at.fresh
    if facts.frozen is Tri.YES:
        verdict = at.escalate("12", "Resets of this account are frozen: its owner said that an earlier one was not theirs.", priority=HIGH)
        return replace(verdict, security=True)
    if facts.breaker_open is Tri.YES:
        return at.escalate("12", "So many resets were made in the last hour that all of them go to a person now, or an admin paused them.")
    if rules is not None and facts.resets_today is not None and facts.resets_today >= rules.resets_per_day:
        why = f"The account had {facts.resets_today} resets in 24 hours, and the policy allows {rules.resets_per_day}."
        return at.escalate("12", why, section=at.setting("resets_per_day"))
    if facts.frozen is Tri.UNKNOWN:
        return at.unknown("12", "whether resets of the account are frozen")
    if facts.breaker_open is Tri.UNKNOWN:
        return at.unknown("12", "how many resets were made in the last hour")
    return None if facts.resets_today is not None else at.unknown("12", "how many resets the account had in 24 hours")


def new_factor(at: Standing, advised: str) -> Verdict | None:
    """Row 12, the wait after a new factor. It guards the identity check, so it is looked at until that is passed:
    the check was sent to a factor that had waited, and belongs to that factor alone."""
    facts, rules = at.facts, at.fresh
    if not at.identity_check or rules is None or not rules.wait_after_factor:
        return None
    if facts.factors_known is not Tri.YES or facts.factor_enrolled is Tri.UNKNOWN:
        return at.unknown("12", "the enrolled factors")
    if facts.newest_factor_at is None:
        dated = facts.factor_enrolled is Tri.NO  # no factor, no date: row 13 says so
        return None if dated else at.unknown("12", "when the newest factor was enrolled")
    if facts.now - facts.newest_factor_at < rules.wait_after_factor:
        return at.escalate("12", "A factor was enrolled only recently.", section=at.setting("wait_after_factor"))
    return None


def factor(at: Standing, advised: str) -> Verdict | None:
    """Row 13: something to be confirmed with."""
    facts = at.facts
    if not at.identity_check:
        return None
    if facts.factors_known is not Tri.YES or facts.factor_enrolled is Tri.UNKNOWN:
        return at.unknown("13", "the enrolled factors")
    if facts.factor_enrolled is Tri.NO:
        return at.escalate("13", "The account has no factor that it could be confirmed with.", section=at.setting("identity_check"))
    return None


def identity(at: Standing, advised: str) -> Verdict | None:
    """Row 14. A refusal or an unknown end never gets here: see `refusal` and `identity_known`."""
    if not at.identity_check:
        return None
    section = at.setting("identity_check")
    match at.facts.identity:
        case Identity.NONE:
            return at.go(Outcome.CHECK, "14", "The person has to confirm who they are.", section=section)
        case Identity.TIMED_OUT:
            return at.go(Outcome.CHECK, "14", "The identity check ran out of time; one more try.", section=section)
        case Identity.PENDING:
            return at.go(Outcome.WAIT, "14", "The identity check is on the person's phone.", section=section)
        case _:  # FAILED: PASSED has no need of a check, and the rest were heard before
            return at.escalate("14", "The identity check was not answered.", section=section)


def effect(at: Standing) -> Verdict:
    """Rows 15 and 16: everything in `BEFORE` and `AFTER` is fine."""
    if at.page_address:
        return at.go(Outcome.EFFECT, "15", f"{at.app_name} keeps its own password; its page is given.", section=at.ground())
    return at.go(Outcome.EFFECT, "16", f"Policy and checks allow it for {at.app_name}.", section=at.ground())


BEFORE: tuple[Row, ...] = (bound, about_reset, about_self, on_behalf, status, credentials)
"""Rows 4 to 7e: whose account it is, and what state it is in."""

AFTER: tuple[Row, ...] = (
    identity_known,  # 14, out of its place as refusals are
    privileged,    # 8
    named,         # 9
    assigned,      # 9b
    policy,        # 10
    self_service,  # 10a
    sensitive,     # 11
    limits,        # 12
    new_factor,    # 12
    factor,        # 13
    identity,      # 14
)  # fmt: skip


def refusal(at: Standing) -> Verdict | None:
    """Row 14's refusals: the account's owner said no, in Okta or here. No retry, and no approval executes anything."""
    match at.facts.identity:
        case Identity.DENIED:
            why = 'The person whose account it is said "This wasn\'t me".'
        case Identity.REJECTED:
            why = "The identity check was rejected on the person's phone."
        case _:
            return None
    escalated = at.escalate("14", why, priority=HIGH, approve=False)
    return replace(escalated, security=True, freeze=at.facts.identity is Identity.DENIED)
