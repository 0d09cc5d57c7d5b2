"""The service desk's story: one incident a request, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from integrations.base import Missing, NewIncident, Refused, SystemFault, Unavailable
from integrations.servicenow import ServiceNow, condition
from sandbox.servicenow import ServiceNowStandIn
from sandbox.servicenow_rows import sys_id
from tests.sandbox.openapi import Document

NEW = NewIncident("IT-1048", "Password reset: Payroll", "Emma Clarke cannot sign in.", "2", "emma.clarke@example.com", "Escalated: row 11")


@pytest.fixture
async def stand_in() -> AsyncIterator[ServiceNowStandIn]:
    server = ServiceNowStandIn()
    await server.start()
    yield server
    await server.stop()


def client(server: ServiceNowStandIn, **changes: Any) -> ServiceNow:
    settings: dict[str, Any] = {"assignment_group": "IT Service Desk", "read_timeout": 8.0, "deadline": 10.0} | changes
    return ServiceNow(server.url, settings.pop("user", server.user), settings.pop("password", server.password), **settings)


def patience(kind: str) -> float:
    """Seconds: short only where the stand-in never answers, so that a busy machine does not fail the other cases."""
    return 0.5 if kind == "hang" else 8.0


@pytest.fixture
async def desk(stand_in: ServiceNowStandIn) -> AsyncIterator[ServiceNow]:
    desk = client(stand_in)
    yield desk
    desk.close()


# ---------------------------------------------------------------- the life of an incident


async def test_an_incident_is_made_with_group_caller_and_note(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    incident = await desk.create(NEW)

    (row,) = stand_in.incidents
    assert (incident.number, incident.state, incident.correlation_id, incident.id) == (row["number"], "1", "IT-1048", row["sys_id"])
    assert row["assignment_group"] == sys_id("IT Service Desk")
    assert row["caller_id"] == sys_id("emma.clarke@example.com")
    assert (row["urgency"], row["impact"], row["priority"]) == ("2", "2", "3")
    assert row["correlation_display"] == "Keyturn"
    assert stand_in.notes(incident.number) == ["Escalated: row 11"]


async def test_a_repeat_returns_the_incident_that_is_there(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    first = await desk.create(NEW)
    assert await desk.create(NEW) == first
    assert len(stand_in.incidents) == 1


async def test_two_creates_at_once_make_one_incident(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    made = await asyncio.gather(*(desk.create(NEW) for _ in range(6)))
    assert len({incident.id for incident in made}) == len(stand_in.incidents) == 1


async def test_creates_for_different_requests_do_not_wait_for_each_other(stand_in: ServiceNowStandIn) -> None:
    desk = client(stand_in, assignment_group="", read_timeout=2.0)
    await desk.find("IT-1")  # the import is paid for
    stand_in.fail("slow", method="POST", seconds=0.3)
    start = asyncio.get_running_loop().time()
    await asyncio.gather(*(desk.create(NewIncident(f"IT-{n}", "s", "d", "3")) for n in range(6)))
    assert asyncio.get_running_loop().time() - start < 1.2
    assert len(stand_in.incidents) == 6


async def test_resolving_enters_state_6_once(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    incident = await desk.create(NEW)
    resolved = await desk.resolve(incident.id, "Link sent by Okta.")
    again = await desk.resolve(incident.id, "Link sent by Okta, told twice.")

    assert resolved.state == again.state == "6"
    assert len(stand_in.called("PATCH", "incident")) == 1
    (row,) = stand_in.incidents
    assert (row["close_code"], row["close_notes"]) == ("Solved (Permanently)", "Link sent by Okta.")


@pytest.mark.parametrize("state", ["7", "8"])
async def test_an_incident_that_people_ended_is_left_alone(desk: ServiceNow, stand_in: ServiceNowStandIn, state: str) -> None:
    incident = await desk.create(NEW)
    await stand_in.act("set_state", {"number": incident.number, "state": state})
    assert (await desk.resolve(incident.id, "done")).state == state
    assert stand_in.called("PATCH", "incident") == []


async def test_a_note_is_added(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    incident = await desk.create(NEW)
    await desk.note(incident.id, "Approved by the owner.")
    assert stand_in.notes(incident.number)[-1] == "Approved by the owner."


async def test_a_note_to_an_incident_that_is_gone_is_missing(desk: ServiceNow) -> None:
    with pytest.raises(Missing):
        await desk.note("0" * 32, "hello")


async def test_long_texts_are_cut_to_what_the_columns_hold(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    await desk.create(NewIncident("IT-1", "s" * 500, "d" * 9000, "1"))
    body = stand_in.called("POST", "incident")[0].body
    assert (len(body["short_description"]), len(body["description"])) == (160, 4000)


async def test_open_incidents_newest_first_and_only_theirs(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    emma, ravi = sys_id("emma.clarke@example.com"), sys_id("ravi.rao@example.com")
    for n, (who, state) in enumerate([(emma, "1"), (emma, "2"), (emma, "6"), (emma, "8"), (ravi, "1"), (emma, "3")]):
        row = await stand_in.act("add_incident", {"caller_id": who, "short_description": f"number {n}", "state": state})
        row["sys_created_on"] = f"2026-05-18 09:00:0{n}"
    found = await desk.open_of("Emma.Clarke@example.com")
    assert [incident.summary for incident in found] == ["number 5", "number 1", "number 0"]


async def test_nobody_and_no_address_have_no_open_incidents(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    assert await desk.open_of("who@example.com") == ()
    before = len(stand_in.calls)
    assert await desk.open_of("x^ORactive=true@example.com") == ()
    assert len(stand_in.calls) == before


async def test_an_unknown_group_or_caller_does_not_stop_the_incident(stand_in: ServiceNowStandIn) -> None:
    desk = client(stand_in, assignment_group="No Such Group")
    await desk.create(NewIncident("IT-1", "s", "d", "3", "stranger@example.com"))
    (row,) = stand_in.incidents
    assert (row["assignment_group"], row["caller_id"]) == ("", "")


# ---------------------------------------------------------------- what the query trap could do


async def test_a_dropped_condition_is_noticed_and_makes_no_second_incident(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    """An invalid part of a query is dropped and all rows come back."""
    await desk.create(NEW)
    stand_in.blind = True
    with pytest.raises(Refused, match="ignored"):
        await desk.create(NEW)
    assert len(stand_in.incidents) == 1


async def test_a_dropped_condition_among_more_rows_than_came_back_is_no_none(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    stand_in.deaf = True
    for n in range(99):
        await stand_in.act("add_incident", {"correlation_id": f"OTHER-{n}"})
    assert await desk.find("IT-1048") is None, "these are all there are"
    await stand_in.act("add_incident", {"correlation_id": "OTHER-99"})
    with pytest.raises(Refused, match="ignored"):
        await desk.create(NEW)
    assert stand_in.called("POST", "incident") == []


async def test_somebody_elses_rows_are_never_taken_for_ours(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    await stand_in.act("add_incident", {"correlation_id": "it-1048"})
    assert await desk.find("IT-1048") is None


async def test_the_oldest_of_several_is_the_one(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    for second in ("2", "1"):
        row = await stand_in.act("add_incident", {"correlation_id": "IT-1048", "short_description": second})
        row["sys_created_on"] = f"2026-05-18 09:00:0{second}"
    found = await desk.find("IT-1048")
    assert found is not None
    assert found.summary == "1"


@pytest.mark.parametrize("value", ["", "a^b", "IT-1^ORactive=true", "IT-1\n^NQ", "IT\u2028", "javascript:gs.now()", "JavaScript:x"])
def test_values_that_would_be_more_than_a_value_are_refused(value: str) -> None:
    with pytest.raises(Refused):
        condition("correlation_id", value)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("500", True), ("503", True), ("429", False), ("429-bare", False), ("malformed", True), ("drop", True), ("hang", True)],
)
async def test_a_create_that_failed_says_whether_it_may_have_happened(stand_in: ServiceNowStandIn, kind: str, sent: bool) -> None:
    desk = client(stand_in, read_timeout=patience(kind))
    stand_in.fail(kind, method="POST")
    with pytest.raises(Unavailable) as caught:
        await desk.create(NEW)
    assert caught.value.sent is sent
    assert len(stand_in.called("POST", "incident")) == 1, "a write is never tried again by the client"
    assert stand_in.incidents == []


@pytest.mark.parametrize("kind", ["500", "drop", "hang", "malformed"])
async def test_a_create_whose_answer_was_lost_is_found_and_not_repeated(stand_in: ServiceNowStandIn, kind: str) -> None:
    desk = client(stand_in, read_timeout=patience(kind))
    stand_in.fail(kind, method="POST", after=True)
    incident = await desk.create(NEW)
    assert incident.correlation_id == "IT-1048"
    assert len(stand_in.incidents) == len(stand_in.called("POST", "incident")) == 1


async def test_a_create_that_nobody_could_look_after_is_unknown_and_then_found(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    await desk.find("IT-0")
    stand_in.fail("drop", method="POST", after=True)
    stand_in.fail("slow", path="incident", method="GET", seconds=0.0, times=1)
    stand_in.fail("503", path="incident", method="GET")
    with pytest.raises(Unavailable) as caught:
        await desk.create(NEW)
    assert caught.value.sent
    stand_in.heal()
    assert (await desk.create(NEW)).number == stand_in.incidents[0]["number"]
    assert len(stand_in.incidents) == 1


@pytest.mark.parametrize("kind", ["500", "503", "drop", "malformed", "429-bare"])
async def test_a_read_is_tried_once_more(desk: ServiceNow, stand_in: ServiceNowStandIn, kind: str) -> None:
    stand_in.fail(kind, method="GET", times=1)
    assert await desk.find("IT-1048") is None
    assert len(stand_in.called("GET", "incident")) == 2


@pytest.mark.parametrize("kind", ["500", "503", "drop", "malformed", "429-bare", "hang"])
async def test_a_read_that_keeps_failing_is_unavailable(stand_in: ServiceNowStandIn, kind: str) -> None:
    desk = client(stand_in, read_timeout=patience(kind))
    stand_in.fail(kind, method="GET")
    with pytest.raises(Unavailable) as caught:
        await desk.find("IT-1048")
    assert not caught.value.sent
    assert len(stand_in.called("GET", "incident")) == 2


async def test_429_carries_the_wait_that_servicenow_asks_for(stand_in: ServiceNowStandIn) -> None:
    desk = client(stand_in, deadline=1.0)
    stand_in.fail("429")
    with pytest.raises(Unavailable) as caught:
        await desk.find("IT-1048")
    assert caught.value.retry_after == 2.0


@pytest.mark.parametrize(("kind", "status"), [("401", 401), ("403", 403)])
async def test_no_is_refused_and_not_tried_again(desk: ServiceNow, stand_in: ServiceNowStandIn, kind: str, status: int) -> None:
    stand_in.fail(kind)
    with pytest.raises(Refused) as caught:
        await desk.find("IT-1048")
    assert caught.value.status == status
    assert len(stand_in.calls) == 1


async def test_a_wrong_password_is_refused_by_name_of_its_setting(stand_in: ServiceNowStandIn) -> None:
    desk = client(stand_in, password="wrong-password")
    with pytest.raises(Refused, match="SERVICENOW_PASSWORD") as caught:
        await desk.find("IT-1048")
    assert "wrong-password" not in str(caught.value)


async def test_a_non_ascii_password_reaches_servicenow_as_utf8(stand_in: ServiceNowStandIn) -> None:
    stand_in.password = "pässwörd→"
    assert await client(stand_in).find("IT-1048") is None


async def test_a_missing_close_code_is_refused_in_servicenows_words(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    incident = await desk.create(NEW)
    careless = client(stand_in, close_code="")
    with pytest.raises(Refused, match="Resolution code") as caught:
        await careless.resolve(incident.id, "done")
    assert caught.value.status == 403


async def test_a_sleeping_instance_is_unavailable(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    """A hibernating developer instance answers HTML with 200, which pysnow would fail to read as JSON."""
    stand_in.asleep = True
    with pytest.raises(Unavailable, match="asleep"):
        await desk.find("IT-1048")


async def test_an_error_inside_a_200_is_unavailable(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    """pysnow alone would return the rows of a cancelled transaction, or none, without a word."""
    stand_in.cancelled = True
    with pytest.raises(Unavailable, match="Transaction cancelled"):
        await desk.find("IT-1048")


async def test_an_empty_list_of_the_oldest_api_is_none_and_not_a_fault(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    stand_in.version_1 = True
    assert await desk.find("IT-1048") is None


async def test_an_address_without_the_api_is_not_an_empty_list(stand_in: ServiceNowStandIn) -> None:
    """Or a wrong SERVICENOW_URL would look like a desk without incidents."""
    desk = ServiceNow(stand_in.url + "/elsewhere", stand_in.user, stand_in.password)
    with pytest.raises(Refused):
        await desk.find("IT-1048")


async def test_nobody_there_is_unavailable_and_nothing_was_sent() -> None:
    desk = ServiceNow("http://127.0.0.1:9", "u", "p", deadline=2.0)
    with pytest.raises(Unavailable) as caught:
        await desk.note("0" * 32, "text")
    assert not caught.value.sent


async def test_a_deadline_holds_even_when_the_socket_is_patient(stand_in: ServiceNowStandIn) -> None:
    desk = client(stand_in, read_timeout=1.0, deadline=5.0)
    incident = await desk.create(NEW)
    desk._deadline = 0.3
    stand_in.fail("slow", method="PATCH", seconds=0.8)
    start = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable) as caught:
        await desk.note(incident.id, "late")
    assert asyncio.get_running_loop().time() - start < 0.7
    assert caught.value.sent, "a thread had begun: nobody knows"


async def test_a_slow_instance_does_not_stop_the_loop(stand_in: ServiceNowStandIn) -> None:
    desk = client(stand_in, read_timeout=2.0)
    await desk.find("IT-1")
    stand_in.fail("slow", seconds=0.4)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.02)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(desk.find(f"IT-{n}") for n in range(8)))
    ticking.cancel()
    assert ticks > 8


async def test_calls_run_in_our_own_threads(desk: ServiceNow) -> None:
    await desk.find("IT-1")
    assert any(thread.name.startswith("keyturn-servicenow") for thread in threading.enumerate())


# ---------------------------------------------------------------- pysnow's traps


async def test_parallel_reads_never_see_each_others_query(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    """A Resource of pysnow shared by threads sends one call's parameters with another; ours is new for each call."""
    for n in range(8):
        await stand_in.act("add_incident", {"correlation_id": f"IT-{n}"})
    await desk.find("IT-0")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        found = await asyncio.gather(*(desk.find(f"IT-{n % 8}") for n in range(80)))
    finally:
        sys.setswitchinterval(interval)
    assert [i.correlation_id for i in found if i is not None] == [f"IT-{n % 8}" for n in range(80)]


async def test_a_write_carries_no_query_of_an_earlier_read(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    incident = await desk.create(NEW)
    await desk.resolve(incident.id, "done")
    for method in ("POST", "PATCH"):
        for call in stand_in.called(method, "incident"):
            assert set(call.query) == {"sysparm_display_value", "sysparm_exclude_reference_link"}


async def test_updates_are_patches_and_reads_are_bounded(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    """pysnow's own `update` reads 10,000 rows and PUTs."""
    incident = await desk.create(NEW)
    await desk.note(incident.id, "x")
    assert not stand_in.called("PUT", "")
    assert all(int(c.query["sysparm_limit"]) <= 100 for c in stand_in.called("GET", "/table/") if "sysparm_query" in c.query)


async def test_faults_and_logs_hold_no_address_and_no_query(
    desk: ServiceNow, stand_in: ServiceNowStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    faults: list[SystemFault] = []
    for kind in ("500", "403", "drop", "malformed", "429-bare"):
        stand_in.heal()
        stand_in.fail(kind)
        with pytest.raises(SystemFault) as caught:
            await desk.open_of("emma.clarke@example.com")
        faults.append(caught.value)
    for text in (*map(repr, faults), caplog.text):
        assert "emma.clarke" not in text
        assert "sysparm" not in text
        assert stand_in.password not in text


def test_importing_the_client_imports_no_sdk() -> None:
    code = """
import sys, integrations.servicenow, integrations.confluence, integrations.mail, integrations.policy_file
print(sorted({"pysnow", "requests", "atlassian", "aiosmtplib", "ijson"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- settings and health


@pytest.mark.parametrize("url", [
    "http://example.com", "ftp://127.0.0.1", "", "example.com", "https://user:pw@example.com", "https://example.com/?a=b", "http://10.0.0.8",
])
def test_unsafe_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match="SERVICENOW_URL") as caught:
        ServiceNow(url, "u", "p")
    assert "pw" not in str(caught.value).split()


@pytest.mark.parametrize("url", ["https://example.com/", "https://example.com:8443/servicenow", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"])
def test_safe_addresses_are_taken(url: str) -> None:
    ServiceNow(url, "u", "p").close()


async def test_health_names_what_it_checked(desk: ServiceNow) -> None:
    health = await desk.health()
    assert (health.ok, health.kind) == (True, "ok")
    assert len(health.checks) == 2


@pytest.mark.parametrize(("kind", "expected"), [
    ("500", "down"), ("429-bare", "down"), ("drop", "down"), ("malformed", "down"), ("401", "settings"), ("403", "settings"),
])
async def test_health_tells_down_from_wrong_settings(desk: ServiceNow, stand_in: ServiceNowStandIn, kind: str, expected: str) -> None:
    stand_in.fail(kind)
    health = await desk.health()
    assert (health.ok, health.kind) == (False, expected)
    assert health.advice
    assert stand_in.password not in repr(health)


async def test_health_finds_a_group_that_is_not_there(stand_in: ServiceNowStandIn) -> None:
    health = await client(stand_in, assignment_group="it service desk").health()
    assert (health.ok, health.kind) == (False, "settings")
    assert "it service desk" in health.detail


async def test_health_of_nobody_is_down() -> None:
    health = await ServiceNow("http://127.0.0.1:9", "u", "p").health()
    assert health.kind == "down"


# ---------------------------------------------------------------- against the description of the API


async def test_what_we_send_is_what_the_api_describes(desk: ServiceNow, stand_in: ServiceNowStandIn) -> None:
    document = Document("servicenow/table-incident.openapi3.own.json")
    incident = await desk.create(NEW)
    await desk.note(incident.id, "note")
    await desk.resolve(incident.id, "done")
    await desk.open_of("emma.clarke@example.com")
    paths = {"/api/now/table/incident": "/api/now/table/incident", "/api/now/table/sys_user": "/api/now/table/sys_user"}
    for call in stand_in.calls:
        path = paths.get(call.path, "/api/now/table/incident/{sys_id}" if "/incident/" in call.path else "/api/now/table/sys_user")
        assert document.parameters(call.query, path, call.method.lower()) == []
        if call.method != "GET":
            assert call.headers["Content-Type"] == "application/json"
            assert document.problems(call.body, "/components/schemas/IncidentWrite") == [], json.dumps(call.body)
