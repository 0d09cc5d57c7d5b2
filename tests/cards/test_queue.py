"""The queue and the admin's part of the Home tab: truthful at any size, and every press leads on from where it stood."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import admin_forms, block_kit, home, queue
from cards.card import Actions, Card, Menu
from cards.form import Filled
from cards.spans import counted, due, short, span, took
from cards.views import HomeView
from cards.views_review import AdminView, Frozen, Paused, PolicyLine, QueueFilter, QueueRow, QueueView, TryResult
from tests.cards.checks import interactive, schema_faults, texts
from tests.cards.examples import EN, NOW, lines
from tests.cards.review_examples import administration, review_queue, rows, systems
from tests.cards.test_payloads import press

CURSOR = "2026-05-18T09:15:00.000Z~1048"
FILTERS = st.builds(
    QueueFilter,
    st.sampled_from(["mine", "all"]),
    st.sampled_from(["", *queue.STATUSES]),
    st.sampled_from(["", *queue.PRIORITIES]),
    st.booleans(),
    st.text("abcXYZ019_.:~+=-", max_size=200),
)


@given(FILTERS)
def test_a_filter_survives_the_press(chosen: QueueFilter) -> None:
    assert queue.read(queue.carried(chosen)) == chosen


@pytest.mark.parametrize(
    "value",
    [
        "", "mine", "mine||||", "mine|||||", "theirs||||", "mine|Completed|||", "mine||Urgent||", "mine|||yes|", "all||||a b", "all||||a|b",
        "all||||" + "x" * 201, "all||||'; drop table", "\x00", "MINE||||", "mine|Escalated|High|overdue|\u00e9",
    ],
)  # fmt: skip
def test_anything_else_is_the_default_filter(value: str) -> None:
    assert queue.read(value) == QueueFilter()


@given(st.text(max_size=60))
def test_no_value_is_too_odd_to_read(value: str) -> None:
    assert isinstance(queue.read(value), QueueFilter)


def test_a_cursor_that_could_not_come_back_is_refused() -> None:
    with pytest.raises(ValueError, match="cursor"):
        queue.carried(QueueFilter(cursor="a|b"))


def _drawn(view: QueueView) -> dict[str, Any]:
    return block_kit.home(home.page(HomeView("Priya", updated_at=NOW), EN, review=view))


def _come_back(element: dict[str, Any]) -> tuple[str, QueueFilter]:
    found = block_kit.pressed(press(element))
    assert found is not None
    return found.verb, queue.read(found.value)


def test_menus_keep_what_was_chosen_and_start_at_the_first_page() -> None:
    now = QueueFilter("all", "Waiting", "High", True, CURSOR)
    menus = [part for part in interactive(_drawn(review_queue(filter=now))) if part["type"] == "static_select"]
    assert [menu["initial_option"]["text"]["text"] for menu in menus] == ["All open requests", "Waiting", "High", "Overdue only"]
    first = replace(now, cursor="")
    # `press` picks the second option of a menu.
    assert [_come_back(menu) for menu in menus] == [
        ("queue", first),
        ("queue", replace(first, status="New")),
        ("queue", replace(first, priority="High")),
        ("queue", first),
    ]


def test_a_menu_gets_a_new_id_with_its_choice() -> None:
    """Slack's clients keep showing what was picked under an id they know, whatever `initial_option` says."""
    before, after = (
        [part["action_id"] for part in interactive(_drawn(review_queue(filter=QueueFilter(priority=level)))) if part["type"] == "static_select"]
        for level in ("High", "")
    )
    assert not set(before) & set(after)


def test_refresh_and_paging_keep_the_filters() -> None:
    now = QueueFilter("all", "", "High", False, CURSOR)
    drawing = _drawn(review_queue(filter=now, previous="", next="c3"))
    labelled = {part["text"]["text"]: part for part in interactive(drawing) if part["type"] == "button"}
    assert _come_back(labelled["Refresh"]) == ("queue", now)
    assert _come_back(labelled["Previous"]) == ("queue", replace(now, cursor=""))
    assert _come_back(labelled["Next"]) == ("queue", replace(now, cursor="c3"))


def test_a_row_opens_by_what_the_caller_gave_it() -> None:
    opened = []
    for part in interactive(_drawn(review_queue())):
        if part["type"] == "button" and part["text"]["text"] == "Open":
            found = block_kit.pressed(press(part))
            assert found is not None
            opened.append((found.verb, found.nonce, found.value))
            assert part["accessibility_label"].startswith("Open IT-")
    assert opened == [("open", "n1", ""), ("open", "", "IT-1051"), ("open", "n3", "")]


@pytest.mark.parametrize("count", [0, 1, 10, 1000])
def test_it_fits_whatever_its_size(count: int) -> None:
    frozen = tuple(Frozen("emma.clarke@example.com", NOW, "IT-1", str(n)) for n in range(50))
    policy = PolicyLine("v12", "file", NOW, "Sam", NOW, 14, True, "v13", "13", "row 4")
    admin = administration(systems=systems() * 5, frozen=frozen, policy=policy, paused=Paused("Sam", NOW, "Okta is down."), breaker=True)
    view = review_queue(rows=rows(count), open=count, total=count, previous="a", next="b")
    drawing = block_kit.home(home.page(HomeView("Priya", lines() * 3, more=9, updated_at=NOW), EN, review=view, administration=admin))
    assert len(drawing["blocks"]) < 80
    assert schema_faults(drawing) == []
    shown = [part for part in interactive(drawing) if part["type"] == "button" and part["text"]["text"] == "Open"]
    assert len(shown) == min(count, 10)


def test_the_queue_alone_keeps_to_its_promise() -> None:
    nodes = queue.queue(review_queue(rows=rows(10), previous="a", next="b"), EN)
    assert len(block_kit.home(Card("s", "", nodes))["blocks"]) <= 27


def test_most_important_first() -> None:
    card = home.page(HomeView("Priya", lines(), updated_at=NOW), EN, review=review_queue(), administration=administration())
    said = " ".join(texts(block_kit.home(card)))
    places = [said.index(part) for part in ("Review queue", "My requests", "Self-service", "Today", "Health", "Policy")]
    assert places == sorted(places)


def test_somebody_who_only_asks_sees_neither_queue_nor_brakes() -> None:
    view = HomeView("Emma", lines(), updated_at=NOW)
    assert home.page(view, EN) == home.home(view, EN)
    assert not [node for node in home.home(view, EN).body if isinstance(node, Actions) and any(isinstance(one, Menu) for one in node.actions)]


def test_an_empty_queue_says_truly_why() -> None:
    def said(**changes: Any) -> str:
        return " ".join(texts(_drawn(review_queue(rows=(), **changes))))

    assert "Nothing is waiting for you. 31 requests closed today." in said()
    assert "Nothing is waiting for you. 1 request closed today." in said(closed_today=1)
    assert "No request is open." in said(filter=QueueFilter("all"))
    assert "No open request fits these filters." in said(filter=QueueFilter(priority="High"))


def test_time_is_said_in_words() -> None:
    minute = timedelta(minutes=1)
    assert [span(minute * n, EN) for n in (0, 1, 59, 60, 125, 1440, 1500, 4320)] == [
        "1 min", "1 min", "59 min", "1 h", "2 h 5 min", "1 d", "1 d 1 h", "3 d",
    ]  # fmt: skip
    assert due(NOW + 42 * minute, NOW, EN) == "due in 42 min"
    assert due(NOW - 6 * minute, NOW, EN) == "OVERDUE by 6 min"
    assert due(NOW, NOW, EN) == "OVERDUE by 1 min"
    assert [short(timedelta(seconds=n), EN) for n in (0, 3, 119, 120, 7300)] == ["0 s", "3 s", "119 s", "2 min", "2 h 1 min"]
    assert [took(n, EN) for n in (0, 190, 999, 1000, 4100)] == ["0 ms", "190 ms", "999 ms", "1.0 s", "4.1 s"]


def test_counters_stop_at_a_thousand() -> None:
    assert [counted(n, EN) for n in (-1, 0, 999, 1000, 1001, 10**9)] == ["0", "0", "999", "1000", "1,000+", "1,000+"]


def test_a_long_target_leaves_room_for_the_priority() -> None:
    drawing = _drawn(review_queue(rows=(QueueRow("IT-1048", "T" * 500, "High", "E" * 500, why="W" * 500, due_at=NOW, waits_for="S" * 500),)))
    said = " ".join(texts(drawing))
    assert "… · High" in said
    assert "OVERDUE by" in said
    assert "waits for S" in said


# ---------------------------------------------------------------- admin


def _verbs(view: AdminView) -> list[tuple[str, str]]:
    drawing = block_kit.home(home.page(HomeView("Sam"), EN, administration=view))
    pressed = [block_kit.pressed(press(part)) for part in interactive(drawing)]
    return [(one.verb, one.value) for one in pressed if one is not None][2:]


def test_the_brakes_change_with_the_state() -> None:
    assert _verbs(administration()) == [("pause", ""), ("try_case", "")]
    assert _verbs(administration(paused=Paused("Sam", NOW, "Okta is down."))) == [("resume", ""), ("try_case", "")]
    pending = PolicyLine("v12", pending="v13", pending_value="13")
    assert _verbs(administration(policy=pending))[2:] == [("policy_difference", "13"), ("policy_accept", "13")]
    assert _verbs(administration(frozen=(Frozen("emma.clarke@example.com", NOW, "", "v1"),)))[2:] == [("unfreeze", "v1")]


def test_what_changes_how_everybody_is_served_asks_once_more() -> None:
    views = (administration(paused=Paused("Sam", NOW, "x")), administration(policy=PolicyLine("v12", pending="v13", pending_value="13")))
    asked = {
        part["text"]["text"]: "confirm" in part
        for view in views
        for part in interactive(block_kit.home(home.page(HomeView("Sam"), EN, administration=view)))
    }
    assert asked["Resume"]
    assert asked["Accept"]
    assert not asked["Show the difference"]


@pytest.mark.parametrize(
    ("kind", "values", "wrong"),
    [
        ("pause", {"reason": "Okta has an incident."}, set()),
        ("pause", {"reason": "so"}, {"reason"}),
        ("unfreeze", {}, {"reason"}),
        ("try_case", {"requester": "emma.clarke@example.com"}, set()),
        ("try_case", {"requester": "emma.clarke@example.com", "target": "ravi.rao@example.com", "application": "VPN"}, set()),
        ("try_case", {"requester": "emma", "target": "x y@example.com"}, {"requester", "target"}),
        ("try_case", {"requester": "a@b@example.com"}, {"requester"}),
        ("try_case", {}, {"requester"}),
        ("reset", {}, set()),
    ],
)  # fmt: skip
def test_the_admins_forms_are_checked(kind: str, values: dict[str, str], wrong: set[str]) -> None:
    assert set(admin_forms.faults(Filled(kind, "", values), EN)) == wrong


def test_a_dry_run_says_that_nothing_was_changed() -> None:
    for problem in ("", "Okta does not answer."):
        result = TryResult("emma.clarke@example.com", "", "VPN", "reset", "Row 16", "All is fine.", problem=problem)
        said = " ".join(texts(block_kit.page_modal(admin_forms.try_result(result, EN))))
        assert "nothing was changed and nobody was told" in said
        assert ("Reset: Okta would be asked" in said) == (not problem)
