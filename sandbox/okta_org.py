"""The organisation behind the Okta stand-in: its state, what people and admins do in it, what it writes down.

No HTTP here. Faults are OktaError with the status and code that the real one answers.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.okta_people import RESETTABLE, OktaFactor, OktaPerson, everybody, from_world, group_id, group_names, stamp
from sandbox.world import Person

SUMMARIES = {
    "E0000001": "Api validation failed: {0}",
    "E0000006": "You do not have permission to perform the requested action",
    "E0000007": "Not found: Resource not found: {0}",
    "E0000011": "Invalid token provided",
    "E0000017": "Password reset failed",
    "E0000022": "The endpoint does not support the provided HTTP method",
    "E0000031": "Invalid search criteria.",
    "E0000038": "This operation is not allowed in the user's current status.",
    "E0000047": "API call exceeded rate limit due to too many requests.",
}
SERVICE = ("0oakeyturnservice1h7", "PublicClientApp", "0oakeyturnservice1h7", "Keyturn")


class OktaError(Exception):
    def __init__(self, status: int, code: str, about: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.about = about

    def json(self) -> dict[str, Any]:
        return {
            "errorCode": self.code, "errorSummary": SUMMARIES[self.code].replace("{0}", self.about), "errorLink": self.code,
            "errorId": "oae" + secrets.token_urlsafe(16), "errorCauses": [],
        }  # fmt: skip


@dataclass(slots=True)
class Push:
    id: str
    person: str
    factor_id: str
    number: int | None
    expires: datetime
    answer: str = "WAITING"

    @property
    def state(self) -> str:
        return "TIMEOUT" if self.answer == "WAITING" and datetime.now(UTC) >= self.expires else self.answer


@dataclass(slots=True)
class OktaMail:
    """A mail that Okta sent to somebody's primary address, with its one-time link."""

    person: str
    to: str
    subject: str
    link: str
    at: datetime
    used: bool = False


@dataclass
class OktaOrg:
    """Everybody is named by key ("emma"), e-mail or id. LookupError for what is not there."""

    people: dict[str, OktaPerson] = field(default_factory=everybody)
    group_names: dict[str, str] = field(default_factory=group_names)
    outbox: list[OktaMail] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    log_entries: list[dict[str, Any]] = field(default_factory=list)
    log_delay: float = 0.0
    """Seconds until an entry can be read: the real System Log is late."""
    push_seconds: float = 300.0
    number_matching: bool = True
    """False: Okta refuses the number for every factor."""
    manages_admins: bool = False
    """True: the credential's admin role covers admins too, which a careful organisation does not allow."""
    auto_approve: bool = False
    """True: everybody says yes on the phone the moment a push is sent. For load, where nobody is to tap."""

    # ------------------------------------------------------------ look-ups

    def person(self, who: str) -> OktaPerson:
        for person in self.people.values():
            if who in (person.key, person.id) or who.casefold() in (person.login.casefold(), person.email.casefold()):
                return person
        raise LookupError(f"nobody is {who!r}")

    def reaches(self, person: OktaPerson) -> bool:
        """Whether the credential may change this person."""
        return self.manages_admins or not person.roles

    # ------------------------------------------------------------ what the API does

    def reset(self, person: OktaPerson, base: str) -> OktaMail:
        """Moves to RECOVERY and makes a link; whoever calls decides whether it is mailed."""
        self._may_change(person)
        if person.status not in RESETTABLE:
            raise OktaError(403, "E0000038")
        if person.provider != "OKTA":
            raise OktaError(403, "E0000017")
        self._set(person, "RECOVERY")
        for mail in self.outbox:
            mail.used = mail.used or mail.person == person.key  # a newer link ends the older ones
        self.write("user.account.reset_password", person)
        return self._mail(person, "Account password reset", base)

    def forgot(self, person: OktaPerson, base: str) -> OktaMail:
        self._may_change(person)
        if person.status != "ACTIVE" or not person.recovery_question:
            raise OktaError(403, "E0000038")
        self.write("user.account.reset_password", person)
        return self._mail(person, "Forgot password", base)

    def send(self, mail: OktaMail) -> None:
        self.outbox.append(mail)
        self.write("system.email.password_reset.sent_message", self.people[mail.person])

    def unlock_account(self, person: OktaPerson) -> None:
        self._may_change(person)
        if person.status != "LOCKED_OUT" or person.provider != "OKTA":
            raise OktaError(403, "E0000038")
        self._set(person, "ACTIVE")
        self.write("user.account.unlock_by_admin", person)

    def end_sessions(self, person: OktaPerson) -> None:
        self._may_change(person)
        self.write("user.session.clear", person)

    def push(self, person: OktaPerson, factor: OktaFactor, *, with_number: bool) -> Push:
        if factor.kind != "push" or factor.status != "ACTIVE" or (with_number and not self.number_matching):
            raise OktaError(400, "E0000001", "factor")
        now = datetime.now(UTC)
        whole = now.replace(microsecond=now.microsecond // 1000 * 1000)  # what the answer can say, so that both mean one moment
        sent = Push(
            id="v2mst." + secrets.token_urlsafe(16), person=person.key, factor_id=factor.id,
            number=10 + secrets.randbelow(90) if with_number else None, expires=whole + timedelta(seconds=self.push_seconds),
        )  # fmt: skip
        self.pushes.append(sent)
        self.write("system.push.send_factor_verify_push", person)
        return sent

    def approve_at_once(self, push: Push) -> None:
        """What `auto_approve` does, once the answer to the sending is on its way."""
        if self.auto_approve and push.state == "WAITING":
            self._answered(push, "SUCCESS")

    # ------------------------------------------------------------ what people do

    def push_approve(self, person: str, number: int | str | None = None) -> str:
        """The person says yes on the phone; `number` is the one they pick, None for the right one. A wrong one is a no."""
        push = self._waiting(person)
        right = number is None or push.number is None or str(number) == str(push.number)
        return self._answered(push, "SUCCESS" if right else "REJECTED")

    def push_reject(self, person: str) -> str:
        return self._answered(self._waiting(person), "REJECTED")

    def push_timeout(self, person: str) -> str:
        push = self._waiting(person)
        push.expires = datetime.now(UTC)
        return push.state

    def use_link(self, person: str) -> str:
        """Opens the newest link of this person's mails and chooses a password. LookupError when none is left."""
        who = self.person(person)
        for mail in reversed(self.outbox):
            if mail.person == who.key and not mail.used:
                mail.used = True
                who.password_changed = datetime.now(UTC)
                self._set(who, "ACTIVE")
                self.write("user.account.update_password", who, by=who)
                return mail.link
        raise LookupError(f"no unused link for {who.key}")

    # ------------------------------------------------------------ what admins do

    def add_person(self, person: Person) -> OktaPerson:
        """One more account, in the groups that `person` names, which are made where there are none of their names."""
        made = self.people[person.key] = from_world(person)
        self.group_names.update({group_id(name): name for name in person.groups})
        return made

    def set_status(self, person: str, status: str) -> None:
        self._set(self.person(person), status)

    def add_role(self, person: str, role: str = "HELP_DESK_ADMIN", by_group: bool = False) -> None:
        who = self.person(person)
        who.roles.append((role, by_group))
        self.write("user.account.privilege.grant", who)

    def remove_roles(self, person: str) -> None:
        self.person(person).roles.clear()

    def add_group(self, person: str, group: str) -> None:
        """Makes the group when there is none of this name."""
        self.group_names.setdefault(group_id(group), group)
        who = self.person(person)
        if group_id(group) not in who.groups:
            who.groups.append(group_id(group))

    def remove_group(self, person: str, group: str) -> None:
        who = self.person(person)
        who.groups = [id for id in who.groups if id != group_id(group)]

    def set_apps(self, person: str, apps: list[str]) -> None:
        self.person(person).apps = list(apps)

    def set_factors(self, person: str, factors: list[str], hours_old: float = 24 * 200) -> None:
        self.person(person).set_factors(tuple(factors), datetime.now(UTC) - timedelta(hours=hours_old))

    # ------------------------------------------------------------ System Log

    def write(self, kind: str, person: OktaPerson, *, by: OktaPerson | None = None, outcome: str = "SUCCESS") -> None:
        actor = _party(by.id, "User", by.login, by.name) if by else _party(*SERVICE)
        target = _party(person.id, "User", person.login, person.name)
        self.log_entries.append({
            "uuid": secrets.token_hex(16), "published": stamp(datetime.now(UTC)), "eventType": kind, "version": "0", "severity": "INFO",
            "displayMessage": kind.replace(".", " ").replace("_", " "), "outcome": {"result": outcome, "reason": None},
            "actor": actor, "target": [target], "client": None, "authenticationContext": None, "securityContext": None,
            "debugContext": {"debugData": {}}, "transaction": {"type": "WEB", "id": secrets.token_hex(8), "detail": {}},
            "request": {"ipChain": []}, "legacyEventType": None,
        })  # fmt: skip

    def visible_log(self) -> list[dict[str, Any]]:
        seen = stamp(datetime.now(UTC) - timedelta(seconds=self.log_delay))
        return [entry for entry in self.log_entries if entry["published"] <= seen]

    # ------------------------------------------------------------ how

    def _may_change(self, person: OktaPerson) -> None:
        if not self.reaches(person):
            raise OktaError(403, "E0000006")

    def _set(self, person: OktaPerson, status: str) -> None:
        person.status = status
        person.status_changed = datetime.now(UTC)

    def _mail(self, person: OktaPerson, subject: str, base: str) -> OktaMail:
        link = f"{base}/signin/reset-password/{secrets.token_urlsafe(15)}"
        return OktaMail(person.key, person.email, subject, link, datetime.now(UTC))

    def _waiting(self, person: str) -> Push:
        key = self.person(person).key
        for push in reversed(self.pushes):
            if push.person == key and push.state == "WAITING":
                return push
        raise LookupError(f"no push waits for {key}")

    def _answered(self, push: Push, answer: str) -> str:
        push.answer = answer
        who = self.people[push.person]
        if answer == "SUCCESS":
            self.write("user.authentication.auth_via_mfa", who, by=who)
        else:
            self.write("user.mfa.okta_verify.deny_push", who, by=who, outcome="FAILURE")
        return answer


def _party(id: str, kind: str, alternate: str, name: str) -> dict[str, Any]:
    return {"id": id, "type": kind, "alternateId": alternate, "displayName": name, "detailEntry": None}
