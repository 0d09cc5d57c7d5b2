"""How a request stands: its facts beside the policy, and what follows from the two before any row is judged.

Nothing is fetched and nothing is decided here. A policy that is too old still tightens (its privileged groups, its
tiers), but it never permits: what permits asks `fresh`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from agent.facts import AppKind, Facts, Identity, Tri
from agent.policy import AppRule, Policy, Tier, same
from agent.policy_rules import RULE_NAMES
from agent.verdict import EffectKind, Outcome, Verdict
from integrations.base import AccountStatus

OKTA_LINK = "Okta link"
MANUAL = "Manual"


@dataclass(frozen=True)
class Standing:
    facts: Facts
    policy: Policy | None
    """The accepted revision, however old."""
    fallback_owner: str

    # ------------------------------------------------------------ policy

    @cached_property
    def fresh(self) -> Policy | None:
        """The accepted revision if it was fetched within its maximum age."""
        policy, age = self.policy, self.facts.policy_age
        return policy if policy is not None and age is not None and age <= policy.maximum_age else None

    @property
    def identity_check(self) -> bool:
        """The account must still be confirmed by its factor. A policy that cannot be relied on does not waive it."""
        waived = self.fresh is not None and not self.fresh.identity_check
        return not waived and self.facts.identity is not Identity.PASSED

    # ------------------------------------------------------------ application

    @cached_property
    def app_row(self) -> AppRule | None:
        """The policy's row for what the request names; None for the account itself, unnamed and unlisted ones.

        What was picked from the person's list is compared with the Okta label only; words that were typed may also be
        what the page calls the application.
        """
        if self.policy is None:
            return None
        match self.facts.app_kind:
            case AppKind.APP:
                return self.policy.by_label(self.facts.app_label)
            case AppKind.OTHER:
                return self.policy.by_words(self.facts.app_label)
            case _:
                return None

    @property
    def app_name(self) -> str:
        if self.facts.app_kind is AppKind.ACCOUNT:
            return "the Okta account"
        return self.app_row.application if self.app_row is not None else self.facts.app_label or "the application"

    @property
    def app_owner(self) -> str:
        return self.app_row.owner if self.app_row is not None else self.fallback_owner

    @property
    def assigned(self) -> Tri:
        """Whether the named application is in the target's own list.

        Words that are not in that list can still be the page's name for an application that is, under its Okta label.
        """
        facts = self.facts
        if facts.app_kind is not AppKind.OTHER:
            return facts.app_assigned
        if self.app_row is not None:
            label = same(self.app_row.okta_label)
            return Tri.of(None if facts.assigned_labels is None else label in map(same, facts.assigned_labels))
        return Tri.UNKNOWN if facts.app_assigned is Tri.UNKNOWN else Tri.NO

    @property
    def page_address(self) -> str:
        """The application's own https page, "" when the reset goes through Okta or by hand."""
        path = self.app_row.reset_path if self.app_row is not None else OKTA_LINK
        return "" if path in {OKTA_LINK, MANUAL} else path

    @cached_property
    def blocking(self) -> AppRule | None:
        """The application whose tier asks for its owner's agreement: the named one, or, where the policy says that
        Sensitive applications block account-wide resets, the first assigned one. Privileged counts as well there:
        it is above Sensitive."""
        if self.app_row is not None and self.app_row.tier is Tier.SENSITIVE:
            return self.app_row
        if not self.blocks_account or self.facts.assigned_labels is None or self.policy is None:
            return None
        labels = {same(label) for label in self.facts.assigned_labels}
        return next((row for row in self.policy.applications if row.tier is not Tier.STANDARD and same(row.okta_label) in labels), None)

    @property
    def blocks_account(self) -> bool:
        """Every effect on the Okta account is account-wide; an application's own page is not."""
        return self.policy is not None and self.policy.sensitive_blocks_account and not self.page_address

    # ------------------------------------------------------------ account

    @cached_property
    def privileged_group(self) -> str:
        """A privileged group of the policy that the target is in, "" when there is none. Case and spacing do not save."""
        if self.policy is None or self.facts.groups is None:
            return ""
        held = {same(name) for name in self.facts.groups}
        return next((name for name in self.policy.privileged_groups if same(name) in held), "")

    @cached_property
    def privileged(self) -> Tri:
        """Row 8 as a whole: the account or the application."""
        facts, row = self.facts, self.app_row
        if Tri.YES in {facts.admin_role, facts.service_account} or self.privileged_group:
            return Tri.YES
        if row is not None and (row.tier is Tier.PRIVILEGED or row.reset_path == MANUAL):
            return Tri.YES
        if Tri.UNKNOWN in {facts.admin_role, facts.service_account} or facts.groups is None:
            return Tri.UNKNOWN
        return Tri.NO

    @property
    def effect(self) -> EffectKind | None:
        """What would be done if everything is fine. None: the account's status allows nothing.

        An approval of row 7c resets: Okta's unlock is called only where the policy says so (contract, section 7).
        """
        if self.facts.status not in _ELIGIBLE:
            return None
        if self.page_address:
            return EffectKind.POINT
        if self.facts.status is AccountStatus.LOCKED_OUT and self.fresh is not None and self.fresh.unlock_locked_out:
            return EffectKind.UNLOCK
        return EffectKind.RESEND if self.facts.status is AccountStatus.RECOVERY else EffectKind.RESET

    @property
    def approvable(self) -> EffectKind | None:
        """What an approval may execute. None where no approval does: rows 7e and 8, and frozen accounts, whichever row
        escalated first."""
        facts = self.facts
        sound = facts.okta_sourced is Tri.YES and facts.contradiction is Tri.NO and facts.frozen is Tri.NO
        return self.effect if sound and self.privileged is Tri.NO else None

    # ------------------------------------------------------------ verdicts

    def escalate(
        self, rule: str, rationale: str, *, owner: str = "", priority: str = "Medium", approve: bool = True, section: str = ""
    ) -> Verdict:
        """A person decides. With `approve`, what they may have executed is what `approvable` allows."""
        return Verdict(
            Outcome.ESCALATE, rule, rationale, priority=priority, owner=owner or self.fallback_owner,
            effect=self.approvable if approve else None, policy_revision=self._cited(section), section=section,
        )  # fmt: skip

    def unknown(self, rule: str, what: str, *, priority: str = "Medium") -> Verdict:
        """A fact that the row needs is not known: a person looks, and acts by hand."""
        return self.escalate(rule, f"could not be checked: {what}.", priority=priority, approve=False)

    def refuse(self, rule: str, rationale: str, *, section: str = "") -> Verdict:
        """Rejected in the neutral words, with a security event."""
        revision = self._cited(section)
        return Verdict(Outcome.REJECT, rule, rationale, neutral=True, security=True, policy_revision=revision, section=section)

    def go(self, outcome: Outcome, rule: str, rationale: str, *, section: str = "") -> Verdict:
        """The request goes on: an effect, the identity check, or a wait for it."""
        reviewer = self.app_owner if outcome is Outcome.EFFECT else ""
        effect = self.effect if outcome is Outcome.EFFECT else None
        return Verdict(outcome, rule, rationale, effect=effect, reviewer=reviewer, policy_revision=self._cited(section), section=section)

    def _cited(self, section: str) -> str:
        return self.policy.revision if section and self.policy is not None else ""

    # ------------------------------------------------------------ citing

    def setting(self, field: str) -> str:
        """The section to cite for a rule, by its field of Policy; says so where the page leaves it to the default."""
        name = RULE_NAMES[field]
        stated = self.policy is not None and name in self.policy.stated
        return f"Rules table: {name}" + ("" if stated else " (default)")

    def row(self, rule: AppRule | None) -> str:
        return f"Application table, row {rule.row}: {rule.application}" if rule is not None else ""

    def ground(self) -> str:
        """What an effect rests on: the application's row, or the rule that stands in for one."""
        if self.app_row is not None:
            return self.row(self.app_row)
        return self.setting("self_service" if self.facts.app_kind is AppKind.ACCOUNT else "unlisted_standard")

    def missing(self) -> Iterator[str]:
        """The facts of row 8 that are not known, as words."""
        if self.facts.admin_role is Tri.UNKNOWN:
            yield "the account's admin roles"
        if self.facts.groups is None:
            yield "the account's groups"
        if self.facts.service_account is Tri.UNKNOWN:
            yield "whether it is a service account"


_ELIGIBLE = frozenset({AccountStatus.ACTIVE, AccountStatus.PASSWORD_EXPIRED, AccountStatus.LOCKED_OUT, AccountStatus.RECOVERY})
