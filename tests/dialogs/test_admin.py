"""The administrators' side: the page, the brakes, a dry run, and what a new policy would have changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cards import admin as admin_card
from cards import admin_forms
from cards.words import Words
from dialogs import admin, facts_of
from dialogs.errors import Declined, FieldError
from integrations.base import Health
from sandbox.world import ADMIN, PEOPLE, POLICY
from storage import audit, effects, exchange, flags, freezes, jobs, moments, policies, requests
from storage.audit import Intact
from storage.database import transaction
from storage.models import AuditEvent, Request
from tests.dialogs.conftest import KEY, Office

SAM = ADMIN.email
WHY = "Okta is being migrated tonight"


async def events() -> list[AuditEvent]:
    return [event for event in await AuditEvent.all().order_by("seq") if not event.request_id]


async def test_the_page_says_how_everything_is(office: Office) -> None:
    async with transaction():
        await jobs.put("paint", at=office.services.now() - timedelta(seconds=90))
        await jobs.put("remind", at=office.services.now() + timedelta(hours=1))
        await freezes.freeze(PEOPLE["emma"].okta, PEOPLE["emma"].email, "IT-7")
    health = (Health("Okta", True, "fine"), Health("Mail", False, "connection refused", "start the mail server", kind="down"))
    view = await admin.admin_view(office.services, office.shelf, health)
    assert [(s.name, s.state, s.note) for s in view.systems] == [("Okta", "ok", ""), ("Mail", "down", "start the mail server")]
    assert (view.jobs_waiting, view.oldest_job) == (1, timedelta(seconds=90))
    assert (view.mode, view.paused, view.breaker) == ("enforce", None, False)
    policy = view.policy
    assert policy.label.startswith("Password resets v12-")
    assert (policy.source, policy.accepted_by, policy.rules, policy.stale, policy.pending, policy.problem) == ("file policy.md", SAM, 12, False, "", "")
    assert [(f.person, f.reference, f.value) for f in view.frozen] == [(PEOPLE["emma"].email, "IT-7", PEOPLE["emma"].okta)]
    assert admin_card.admin(view, Words("de"))


async def test_a_pending_an_invalid_and_an_old_policy_are_said(office: Office) -> None:
    office.source.text = POLICY.replace("| 3 |", "| 4 |")
    await office.shelf.fetch()
    policy = (await admin.admin_view(office.services, office.shelf, ())).policy
    pending = await policies.pending()
    assert pending is not None
    assert (policy.pending_value, policy.pending) == (pending.revision, f"Password resets {pending.revision}")
    office.source.text = POLICY.replace("| Standard |", "| Ordinary |", 1)
    await office.shelf.fetch()
    policy = (await admin.admin_view(office.services, office.shelf, ())).policy
    assert "row 1" in policy.problem
    office.moved += timedelta(hours=25)
    assert (await admin.admin_view(office.services, office.shelf, ())).policy.stale


async def test_without_a_policy_the_page_says_so(office: Office) -> None:
    from storage import sql

    await sql.run("UPDATE keyturn_policy_revisions SET accepted_at = NULL")
    view = await admin.admin_view(office.services, office.shelf, ())
    assert view.policy.label == ""
    assert admin_card.admin(view, Words("en"))


async def test_pause_opens_the_breaker_until_resume_and_both_are_on_the_record(office: Office) -> None:
    await admin.pause(office.services, SAM, f"  {WHY} ")
    view = await admin.admin_view(office.services, office.shelf, ())
    assert view.paused is not None
    assert (view.paused.by, view.paused.reason, view.paused.at, view.breaker) == (SAM, WHY, office.services.now(), False)
    assert await facts_of.breaker(office.services, office.services.now()) == "yes"
    with pytest.raises(Declined, match="already"):
        await admin.pause(office.services, SAM, WHY)
    await admin.resume(office.services, SAM)
    assert await facts_of.breaker(office.services, office.services.now()) == "no"
    assert (await admin.admin_view(office.services, office.shelf, ())).paused is None
    with pytest.raises(Declined, match="not paused"):
        await admin.resume(office.services, SAM)
    told = [(e.actor, e.event_type, e.details) for e in await events()]
    assert told == [(SAM, "Decision", f'{{"kind":"pause","reason":"{WHY}"}}'), (SAM, "Decision", '{"kind":"resume"}')]


@pytest.mark.parametrize(("by", "reason", "error"), [("emma.clarke@example.com", WHY, Declined), (SAM, "  too short  ", FieldError), (SAM, "x" * 301, FieldError)])
async def test_only_an_administrator_pauses_and_says_why(office: Office, by: str, reason: str, error: type[Declined]) -> None:
    if reason.strip() == "too short":
        reason = "short"
    with pytest.raises(error):
        await admin.pause(office.services, by, reason)
    assert await flags.read(facts_of.PAUSED) is None
    assert await events() == []


async def test_a_record_with_events_of_the_whole_installation_goes_out_and_in_again(office: Office, tmp_path: Path) -> None:
    from storage.database import open_database

    await admin.pause(office.services, SAM, WHY)
    await office.request()
    lines: list[str] = []
    await exchange.audit_jsonl(lines.append)
    rows: list[str] = []
    await exchange.audit_csv(True, rows.append)
    await _current().close()
    for number, text in enumerate(("".join(lines), "".join(rows))):
        async with await open_database(f"sqlite://{tmp_path / f'other{number}.db'}", KEY):
            assert await exchange.import_audit(text) == 1
            assert isinstance(await audit.verify(KEY), Intact)


def _current() -> Any:
    from storage import database

    return database.current()


async def test_a_freeze_is_lifted_once(office: Office) -> None:
    emma = PEOPLE["emma"]
    await office.request()
    async with transaction():
        await freezes.freeze(emma.okta, emma.email, "IT-1")
    shown = await admin.frozen(emma.okta)
    assert shown.person == emma.email
    await admin.unfreeze(shown.value, SAM, "I spoke to her in person")
    assert await freezes.frozen(emma.okta) is None
    with pytest.raises(Declined, match="not frozen"):
        await admin.unfreeze(shown.value, SAM, "Once more, please")
    with pytest.raises(Declined, match="not frozen"):
        await admin.frozen("")


# ---------------------------------------------------------------- numbers


async def made(office: Office, *, took: float | None = None, **columns: Any) -> Request:
    request = await office.request(created_at=office.services.now() - timedelta(minutes=5), **columns)
    if took is not None:
        async with transaction():
            effect = await effects.intend(
                request_id=request.request_id, kind="reset_password", okta_id=request.okta_id, grant_digest=request.request_id, facts_digest="f",
                policy_revision="v1", rule="16", expires_at=office.services.now() + timedelta(minutes=1), intended_at=office.services.now(),
            )  # fmt: skip
            await effects.finish(effect, effects.DONE)
        effect.finished_at = request.created_at + timedelta(seconds=took)
        await effect.save(update_fields=["finished_at"])
    return request


async def test_todays_numbers(office: Office) -> None:
    base = moments.read("2026-05-18T12:00:00.000Z")
    office.services.now = lambda: base + office.moved
    await made(office, status="Completed", decision="Approved", owner="", took=60)
    await made(office, status="Completed", decision="Approved", owner="", took=74)
    by_person = await made(office, took=1000)
    await office.change(by_person, status="Completed", decision="Approved", owner="")
    await made(office)
    await made(office, status="Rejected", decision="Rejected", owner="", rule="6")
    await office.request(created_at=base - timedelta(days=1))
    today = (await admin.admin_view(office.services, office.shelf, ())).today
    assert (today.requests, today.by_bot, today.to_people, today.rejected, today.median) == (5, 2, 2, 1, timedelta(seconds=74))
    office.moved += timedelta(days=2)
    later = (await admin.admin_view(office.services, office.shelf, ())).today
    assert (later.requests, later.median) == (0, None)


# ---------------------------------------------------------------- a dry run


async def tried(office: Office, requester: str, app: str, target: str = "") -> tuple[str, str, str]:
    result = await admin.try_case(PEOPLE[requester].email.upper(), PEOPLE[target].email if target else "", app, office.services, SAM)
    assert admin_forms.try_result(result, Words("de")).body
    assert result.problem == ""
    return result.verdict, result.rule.split(" · ")[0], result.owner


async def test_a_case_is_tried_without_a_trace_but_one(office: Office) -> None:
    assert await tried(office, "emma", "Payroll") == ("reset", "row 14, then row 16", "")
    assert await tried(office, "emma", "Finance ERP") == ("escalate", "row 11", "priya.nair@example.com")
    assert await tried(office, "emma", "Travel Desk") == ("point", "row 14, then row 15", "") or await tried(office, "emma", "Travel Desk") == ("point", "row 15", "")
    assert await tried(office, "omar", "") == ("escalate", "row 8", "IT Service Desk")
    assert await tried(office, "dora", "Payroll") == ("reject", "row 7", "")
    assert (await tried(office, "emma", "Payroll", "ravi"))[:2] == ("reject", "row 6b")
    assert await requests.listing() == []
    assert [call.method for call in office.stand_in.calls if call.method != "GET"] == []
    assert {(e.actor, e.event_type) for e in await events()} == {(SAM, "Message")}


async def test_a_case_in_observe_mode_is_a_suggestion(office: Office) -> None:
    from dataclasses import replace

    office.services.house = replace(office.services.house, enforce=False)
    verdict, rule, owner = await tried(office, "emma", "Payroll")
    assert (verdict, rule, owner) == ("escalate", "row 14, then row 16", "priya.nair@example.com")


async def test_a_case_with_okta_down_shows_what_is_not_known(office: Office) -> None:
    office.stand_in.fail("500")
    result = await admin.try_case("emma.clarke@example.com", "", "Payroll", office.services, SAM)
    assert result.verdict == "escalate"
    office.services.directory = None
    assert (await admin.try_case("emma.clarke@example.com", "", "Payroll", office.services, SAM)).problem


# ---------------------------------------------------------------- a new policy


async def compared(office: Office, text: str) -> tuple[str, ...]:
    office.source.text = text
    fetched = await office.shelf.fetch()
    assert fetched.revision is not None, fetched.problems
    view = await admin.difference(office.shelf, fetched.revision.revision)
    assert view.value == fetched.revision.revision
    assert view.label == f"Password resets {view.value}"
    assert view.accepted.startswith("Password resets v12-")
    assert view.changes
    assert admin_forms.policy_difference(view, Words("de")).body
    return view.effects


async def test_what_a_revision_would_have_changed_is_counted(office: Office) -> None:
    for app, count, more in (
        ("Payroll", 3, {"rule": "16"}), ("VPN", 2, {"rule": "16"}), ("Finance ERP", 2, {}), ("Build Server", 1, {"rule": "8"}),
        ("Payroll", 4, {"rule": "7"}), ("Payroll", 1, {"rule": "6b", "on_behalf": "ravi.rao@example.com"}),
    ):  # fmt: skip
        for _ in range(count):
            await office.request(app_label=app, target_record=app, **more)
    old = await office.request(created_at=moments.now() - timedelta(days=91))
    assert old.number == 14
    text = POLICY.replace("| Payroll | Payroll | Standard |", "| Payroll | Payroll | Sensitive |")
    text = text.replace("| Finance ERP | Finance ERP | Sensitive | priya.nair@example.com", "| Finance ERP | Finance ERP | Sensitive | lena.vogt@example.com")
    text = text.replace("| Build Server | Build Server | Standard | group:IT Service Desk | Manual", "| Build Server | Build Server | Standard | group:IT Service Desk | Okta link")
    first, *told = await compared(office, text)
    assert first.startswith("Compared: 9 requests of the last 90 days")
    assert sorted(told) == [
        "1 would be done without a person: Build Server (1).",
        "2 would go to lena.vogt@example.com instead of priya.nair@example.com: Finance ERP (2).",
        "3 would go to a person (priya.nair@example.com): Payroll (3).",
    ]


async def test_locked_accounts_third_parties_and_the_account_itself_are_compared_too(office: Office) -> None:
    await office.request(app_label="Payroll", rule="7c")
    await office.request(app_label="Payroll", rule="6b", on_behalf="ravi.rao@example.com")
    await office.request(app_kind="account", app_label="Okta account", rule="16")
    text = POLICY.replace("| On behalf of someone else | escalate |", "| Locked-out accounts | unlock |")
    _, *told = await compared(office, text)
    assert sorted(told) == ["1 would be done without a person: Payroll (1).", "1 would be rejected: Payroll (1)."]
    _, *told = await compared(office, POLICY.replace("| Self-service resets | allowed |", "| Self-service resets | not allowed |"))
    assert told == ["1 would go to a person (lena.vogt@example.com): Okta account (1)."]


async def test_nothing_to_compare_and_nothing_changed_are_said(office: Office) -> None:
    assert await compared(office, POLICY.replace("| 3 |", "| 4 |")) == ("No request of the last 90 days came as far as the policy, so there is nothing to compare.",)
    await office.request()
    _, told = await compared(office, POLICY.replace("| 3 |", "| 5 |"))
    assert told == "None of them would have been decided in another way."
    with pytest.raises(Declined, match="not known"):
        await admin.difference(office.shelf, "v99-00000000")
