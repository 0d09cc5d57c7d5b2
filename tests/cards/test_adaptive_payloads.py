"""What comes back from Teams: read exactly, or refused as malformed, and never anything else."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards import adaptive
from cards.adaptive import Malformed, Pressed
from cards.adaptive_payloads import FILE, files
from cards.card import Actions, Button, Card, Menu, Option
from cards.form import FileRef, Filled, Form, TextField
from tests.cards.adaptive_checks import actions, content


def executed(data: Any, trigger: str = "manual") -> dict[str, Any]:
    return {"action": {"type": "Action.Execute", "verb": "kt:x", "data": data}, "trigger": trigger}


def test_a_drawn_button_comes_back_as_what_it_was_in_each_envelope() -> None:
    (action,) = actions(adaptive.content(Card("s", "", (Actions((Button("Go", "choose", "n1", "a|b"),)),))))
    for value in (executed(action["data"]), {"data": action["data"], "context": {}}, action["fallback"]["data"]):
        assert adaptive.pressed(value) == Pressed("choose", "n1", "a|b")
        assert adaptive.filled(value) is None


def test_a_refresh_by_itself_is_told_apart() -> None:
    found = adaptive.pressed(executed({"kt": {"verb": "refresh", "nonce": "n1"}}, "automatic"))
    assert found is not None
    assert found.by_itself


def test_a_menu_comes_back_with_its_choice() -> None:
    menu = Menu("Choose", "choose", "n1", (Option("0", "Payroll"), Option("1", "VPN")))
    (action,) = actions(adaptive.content(Card("s", "", (Actions((menu,)),))))
    assert adaptive.pressed(executed(action["data"] | {"menu:1": "1"})) == Pressed("choose", "n1", "1")
    assert adaptive.pressed(executed(action["data"])) == Pressed("choose", "n1", "")


def test_a_filled_form_comes_back_by_field() -> None:
    form = Form("reset", "t", "Send", "Close", (TextField("details", "D"),), "n1")
    (send,) = actions(content(adaptive.dialog(form)))
    value = {"data": send["data"] | {"field:details": "  forgot it\r\nagain\u0000\ud800 ", "field:application": "0oa1", "other": 7}}
    assert adaptive.filled(value) == Filled("reset", "n1", {"details": "forgot it\nagain\ufffd", "application": "0oa1"})
    assert adaptive.pressed(value) is None


def test_what_is_not_ours_is_nothing() -> None:
    for value in ({}, {"data": {"x": 1}}, executed({"x": 1}), executed(None), {"data": None}):
        assert adaptive.pressed(value) is None
        assert adaptive.filled(value) is None


def test_files_are_known_by_where_teams_keeps_them() -> None:
    sent = {"contentType": FILE, "name": "a\nscreen.png", "content": {"uniqueId": "u1", "fileType": "png", "downloadUrl": "https://x.example.com"}}
    assert files([sent, {"contentType": "text/html", "content": "<p>"}]) == (FileRef("a screen.png", 0, "png", "teams:u1"),)
    assert files(None) == ()


@pytest.mark.parametrize(
    "value",
    [
        None, [], "x", 7, {"action": 7}, {"action": {"data": "x"}}, {"data": "x"}, {"data": []}, {"kt": 7}, {"kt": []}, {"kt": {}},
        {"kt": {"verb": 7}}, {"kt": {"verb": ""}}, {"kt": {"verb": "Approve!"}}, {"kt": {"verb": "x" * 41}},
        {"kt": {"verb": "cancel", "nonce": 7}}, {"kt": {"verb": "cancel", "nonce": "n" * 201}}, {"kt": {"verb": "cancel", "value": "x" * 2001}},
        {"kt": {"verb": "choose", "menu": "field:app"}}, {"kt": {"verb": "choose", "menu": "menu:1"}, "menu:1": 7},
        executed({"kt": {"verb": "cancel"}}) | {"trigger": 7},
    ],
)  # fmt: skip
def test_a_malformed_press_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        adaptive.pressed(value)


@pytest.mark.parametrize(
    "data",
    [
        {"kt": {"form": 7}}, {"kt": {"form": ""}}, {"kt": {"form": "Reset Form"}}, {"kt": {"form": "reset", "nonce": []}},
        {"kt": {"form": "reset"}, "field:a": 7}, {"kt": {"form": "reset"}, "field:a": "x" * 10_001},
        {"kt": {"form": "reset"}} | {f"field:{n}": "" for n in range(101)},
    ],
)  # fmt: skip
def test_a_malformed_form_is_refused(data: dict[str, Any]) -> None:
    for value in (data, {"data": data}, executed(data)):
        with pytest.raises(Malformed):
            adaptive.filled(value)


def test_an_error_never_repeats_the_content() -> None:
    with pytest.raises(Malformed) as caught:
        adaptive.pressed({"kt": {"verb": "cancel", "nonce": "S3cret" * 100}})
    assert "S3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("reset  Payroll", "reset Payroll"),
        ("<at>Password Reset</at> reset Payroll", "reset Payroll"),
        ("<at>Password Reset</at>&nbsp;reset", "reset"),
        ("<at>Emma Clarke</at> says hi", "Emma Clarke says hi"),
        ("a < b & c > d", "a < b & c > d"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("line\none\x00", "line\none"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_message_is_read_as_it_was_typed(text: object, shown: str) -> None:
    assert adaptive.plain(text, bot_name="Password Reset") == shown


def test_a_message_with_markup_loses_it() -> None:
    assert adaptive.plain("<p>reset <b>VPN</b><br>please &amp; thanks</p>", markup=True) == "reset VPN\nplease & thanks"


def test_a_huge_message_is_read_in_time() -> None:
    assert len(adaptive.plain("<" * 500_000)) == 10_000
    assert adaptive.plain("<at>" * 100_000)
    assert adaptive.plain("<a " * 100_000, markup=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)
NEAR = st.dictionaries(st.sampled_from(("kt", "action", "data", "verb", "nonce", "form", "menu", "value", "trigger", "field:a", "menu:1")), JSON, max_size=8)


def _read_everything(value: object) -> None:
    for read in (adaptive.pressed, adaptive.filled, adaptive.plain, files):
        with contextlib.suppress(Malformed):
            read(value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON | NEAR | st.builds(lambda inner: {"data": {"kt": inner}}, NEAR))
def test_anything_is_read_or_malformed(value: object) -> None:
    _read_everything(value)


def _places(part: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(part, dict):
        for key, value in part.items():
            found += _places(value, (*path, key))
    return found


WHOLE = (
    executed({"kt": {"verb": "choose", "nonce": "n", "value": "1", "menu": "menu:1"}, "menu:1": "x"}),
    {"data": {"kt": {"form": "reset", "nonce": "n"}, "field:a": "b"}, "context": {"theme": "dark"}},
)


@pytest.mark.parametrize("odd", [None, 7, True, "", [], {}, [[]], "x" * 20_000, 1e308])
@pytest.mark.parametrize("whole", WHOLE, ids=["press", "form"])
def test_any_one_part_may_be_odd(whole: dict[str, Any], odd: object) -> None:
    for path in _places(whole)[1:]:
        value = json.loads(json.dumps(whole))
        holder = value
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = odd
        _read_everything(value)
        del holder[path[-1]]
        _read_everything(value)
