"""What comes back from Slack: read exactly, or refused as malformed, and never anything else."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards import block_kit
from cards.block_kit import Malformed, Pressed
from cards.card import Actions, Button, Card, LinkButton, Menu, Option
from cards.form import FileRef, Filled
from tests.cards import review_examples
from tests.cards.checks import ROOT, interactive
from tests.cards.examples import EN

SAMPLES = ROOT / "../shared/specs/slack/samples"


def press(element: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A block_actions payload for an element as it was drawn."""
    action: dict[str, Any] = {key: element[key] for key in ("type", "action_id", "value") if key in element}
    if element["type"] == "static_select":
        action["selected_option"] = element["options"][1]
    return {
        "type": "block_actions",
        "user": {"id": "U0EMMA0001", "team_id": "T0KEYTURN1"},
        "team": {"id": "T0KEYTURN1", "domain": "example"},
        "trigger_id": "1.2.abc",
        "response_url": "https://hooks.slack.example.com/1",
        "channel": {"id": "D01", "name": "directmessage"},
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": "D01"},
        "actions": [action | {"action_ts": "1700000001.000200"}],
    } | more


def test_a_drawn_button_comes_back_as_what_it_was() -> None:
    (element,) = interactive(block_kit.message(Card("s", "", (Actions((Button("Go", "choose", "n1", "a|b"),)),))))
    assert block_kit.pressed(press(element)) == Pressed(
        verb="choose",
        nonce="n1",
        value="a|b",
        user_id="U0EMMA0001",
        team_id="T0KEYTURN1",
        trigger_id="1.2.abc",
        response_url="https://hooks.slack.example.com/1",
        channel="D01",
        message_ts="1700000000.000100",
        action_ts="1700000001.000200",
    )


def test_a_second_button_of_a_verb_has_the_same_verb() -> None:
    rows = Actions((Button("a", "cancel", "n1"), Button("b", "cancel", "n2")))
    _, second = interactive(block_kit.message(Card("s", "", (rows,))))
    found = block_kit.pressed(press(second))
    assert found is not None
    assert (found.verb, found.nonce) == ("cancel", "n2")


def test_a_menu_comes_back_with_its_choice() -> None:
    menu = Menu("Choose", "choose", "n1", (Option("0", "Payroll"), Option("1", "VPN")))
    (element,) = interactive(block_kit.message(Card("s", "", (Actions((menu,)),))))
    found = block_kit.pressed(press(element))
    assert found is not None
    assert (found.verb, found.nonce, found.value) == ("choose", "n1", "1")


def test_opening_a_link_asks_nothing_of_us() -> None:
    (element,) = interactive(block_kit.message(Card("s", "", (Actions((LinkButton("Open", "https://travel.example.com"),)),))))
    assert block_kit.pressed(press(element)) is None


def test_somebody_elses_button_is_not_ours() -> None:
    assert block_kit.pressed(press({"type": "button", "action_id": "other_app", "value": "x"})) is None


def test_a_press_in_a_view_names_the_view() -> None:
    element = {"type": "button", "action_id": "kt:start_reset", "value": "|"}
    payload = press(element, view={"id": "V1", "hash": "h1"}, container={"type": "view", "view_id": "V1"}, channel=None)
    found = block_kit.pressed(payload)
    assert found is not None
    assert (found.view_id, found.view_hash, found.channel, found.message_ts) == ("V1", "h1", "", "")


def test_a_press_in_a_modal_names_what_it_is_and_what_it_was_opened_with() -> None:
    element = {"type": "button", "action_id": "kt:section:chat", "value": "n1|chat"}
    view = {"id": "V1", "hash": "h1", "callback_id": "kt:detail", "private_metadata": "n1"}
    found = block_kit.pressed(press(element, view=view, container={"type": "view", "view_id": "V1"}, channel=None))
    assert found is not None
    assert (found.view_id, found.view_hash, found.view_kind, found.metadata) == ("V1", "h1", "detail", "n1")
    other = block_kit.pressed(press(element, view={"id": "V1", "callback_id": "somebody_elses", "private_metadata": "x"}))
    assert other is not None
    assert (other.view_kind, other.metadata) == ("", "x")


def test_a_form_names_its_view_and_the_one_below() -> None:
    payload = json.loads(json.dumps(SUBMISSION))
    payload["view"]["previous_view_id"] = "V0"
    found = block_kit.filled(payload)
    assert found is not None
    assert (found.place, found.under) == ("V1", "V0")
    assert found == block_kit.filled(SUBMISSION), "the same form, wherever it was filled in"


def test_every_form_of_a_reviewer_comes_back_as_it_was_filled() -> None:
    for _, form in review_examples.forms(EN):
        drawing = block_kit.modal(form)
        values, wanted = {}, {}
        for block in drawing["blocks"]:
            if block["type"] != "input":
                continue
            element, key = block["element"], block["block_id"].removeprefix("field:")
            answer: dict[str, Any] = {"type": element["type"]}
            if element["type"] == "radio_buttons":
                answer["selected_option"] = element["options"][1]
                wanted[key] = element["options"][1]["value"]
            else:
                answer["value"] = wanted[key] = f"words for {key}, long enough"
            values[block["block_id"]] = {element["action_id"]: answer}
        view = {key: drawing[key] for key in ("callback_id", "private_metadata")} | {"state": {"values": values}}
        found = block_kit.filled({"type": "view_submission", "view": view})
        assert found == Filled(form.kind, form.nonce, wanted)


def test_on_an_organisation_wide_install_the_persons_team_counts() -> None:
    found = block_kit.pressed(press({"type": "button", "action_id": "kt:cancel", "value": "n|"}, team=None))
    assert found is not None
    assert found.team_id == "T0KEYTURN1"


SUBMISSION: dict[str, Any] = {
    "type": "view_submission",
    "user": {"id": "U0EMMA0001", "team_id": "T0KEYTURN1"},
    "view": {
        "id": "V1",
        "callback_id": "kt:reset",
        "private_metadata": "n1",
        "state": {
            "values": {
                "field:application": {"kt:application": {"type": "static_select", "selected_option": {"value": "0oa1"}}},
                "field:symptom": {"kt:symptom": {"type": "radio_buttons", "selected_option": None}},
                "field:details": {"kt:details": {"type": "plain_text_input", "value": "  forgot it\r\nagain\u0000\ud800 "}},
                "field:who": {"kt:who": {"type": "plain_text_input", "value": None}},
                "field:files": {
                    "kt:files": {
                        "type": "file_input",
                        "files": [{"id": "F01", "name": "a\nscreen.png", "size": 12, "mimetype": "image/png"}],
                    }
                },
                "somebody": {"x": {"type": "datepicker", "selected_date": "2026-01-01"}},
            }
        },
    },
}


def test_a_filled_form_comes_back_by_field() -> None:
    assert block_kit.filled(SUBMISSION) == Filled(
        "reset",
        "n1",
        {"application": "0oa1", "symptom": "", "details": "forgot it\nagain\ufffd", "who": ""},
        {"files": (FileRef("a screen.png", 12, "image/png", "slack:F01"),)},
    )


def test_a_view_of_another_is_not_ours() -> None:
    assert block_kit.filled({"type": "view_submission", "view": {"callback_id": "other"}}) is None


def test_typing_names_the_field() -> None:
    body = {"type": "block_suggestion", "block_id": "field:application", "value": "pay", "user": {"id": "U1"}, "team": {"id": "T1"}}
    found = block_kit.typing(body | {"view": {"id": "V1"}})
    assert found is not None
    assert (found.key, found.typed, found.user_id, found.team_id, found.view_id) == ("application", "pay", "U1", "T1", "V1")
    assert block_kit.typing(body | {"block_id": "other"}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"actions": []}, {"actions": None}, {"actions": "x"}, {"actions": [7]}, {"actions": [{}]}, {"actions": [{"action_id": 1}]},
        {"actions": [{"action_id": "kt:cancel", "value": ["n"]}]}, {"actions": [{"action_id": "kt:cancel", "value": "x" * 2001}]},
        {"user": None}, {"user": {}}, {"user": {"id": 3}}, {"user": {"id": ""}}, {"user": "U1"}, {"team": []}, {"type": "view_closed"},
        {"type": None}, {"channel": "D01"}, {"container": 1}, {"view": "V"}, {"trigger_id": {}}, {"response_url": "x" * 20_000},
    ],
)  # fmt: skip
def test_a_malformed_press_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        block_kit.pressed(press({"type": "button", "action_id": "kt:cancel", "value": "n|"}) | change)


@pytest.mark.parametrize(
    "values",
    [
        None, [], "x", {"field:a": []}, {"field:a": {"b": []}}, {"field:a": {"b": {"type": "plain_text_input", "value": 3}}},
        {"field:a": {"b": {"type": "static_select", "selected_option": "x"}}}, {"field:a": {"b": {"type": "checkboxes"}}},
        {"field:a": {"b": {"type": "file_input", "files": {}}}}, {"field:a": {"b": {"type": "file_input", "files": [{"size": "1"}]}}},
        {"field:a": {"b": {"type": "file_input", "files": [{"id": "F1", "size": True}]}}},
        {"field:a": {"b": {"type": "file_input", "files": [{"id": "F1", "size": -1}]}}},
        {f"field:{n}": {} for n in range(101)},
    ],
)  # fmt: skip
def test_a_malformed_form_is_refused(values: object) -> None:
    with pytest.raises(Malformed):
        block_kit.filled({"type": "view_submission", "view": {"callback_id": "kt:reset", "state": {"values": values}}})


def test_an_error_never_repeats_the_content() -> None:
    with pytest.raises(Malformed) as caught:
        block_kit.pressed(press({"type": "button", "action_id": "kt:cancel", "value": "S3cret" * 1000}))
    assert "S3cret" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)
KEYS = ("type", "actions", "user", "team", "view", "container", "channel", "message", "value", "block_id", "trigger_id", "id", "state")
NEAR = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8)


def _read_everything(payload: object) -> None:
    for read in (block_kit.pressed, block_kit.filled, block_kit.typing, block_kit.sender, block_kit.plain):
        with contextlib.suppress(Malformed):
            read(payload)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON | NEAR)
def test_anything_is_read_or_malformed(payload: object) -> None:
    _read_everything(payload)


def _places(part: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(part, dict):
        for key, value in part.items():
            found += _places(value, (*path, key))
    elif isinstance(part, list):
        for place, value in enumerate(part):
            found += _places(value, (*path, place))
    return found


WHOLE = (press({"type": "button", "action_id": "kt:cancel", "value": "n|"}, view={"id": "V1", "hash": "h"}), SUBMISSION)


@pytest.mark.parametrize("odd", [None, 7, True, "", [], {}, [[]], "x" * 20_000, 1e308])
@pytest.mark.parametrize("whole", WHOLE, ids=["press", "form"])
def test_any_one_part_may_be_odd(whole: dict[str, Any], odd: object) -> None:
    for path in _places(whole)[1:]:
        payload = json.loads(json.dumps(whole))
        holder = payload
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = odd
        _read_everything(payload)
        del holder[path[-1]]
        _read_everything(payload)


@pytest.mark.parametrize("name", ["BlockActionPayload.json", "ViewSubmissionPayload.json", "ViewClosedPayload.json", "SlashCommandPayload.json"])
def test_slacks_own_samples_are_read_or_malformed(name: str) -> None:
    if not SAMPLES.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("Slack's samples are required in CI")
        pytest.skip("Slack's samples are not here")
    _read_everything(json.loads((SAMPLES / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt;!channel&amp;gt;", "&lt;!channel&gt;"),
        ("mail <mailto:emma@example.com|emma@example.com> now", "mail emma@example.com now"),
        ("<mailto:evil@example.com|emma@example.com>", "emma@example.com (evil@example.com)"),
        ("<https://x.example.com|the page>", "the page (https://x.example.com)"),
        ("<https://x.example.com|x.example.com>", "https://x.example.com"),
        ("<https://x.example.com/>", "https://x.example.com/"),
        ("<tel:+491234|+49 1234>", "+49 1234 (+491234)"),
        ("<@U0EMMA0001> please", "<@U0EMMA0001> please"),
        ("<@U0EMMA0001|emma> please", "<@U0EMMA0001> please"),
        ("<@UBOT> reset  Payroll", "reset Payroll"),
        ("<@UBOT|bot>: reset", "reset"),
        ("<#C1|general> <!channel> <!subteam^S1|@it>", "#general @channel @it"),
        ("<!date^1^{date}|today>", "today"),
        ("a < b and <unclosed", "a < b and <unclosed"),
        ("line\none\x00", "line\none"),
        ("", ""),
    ],
)
def test_a_message_is_read_as_it_was_typed(text: str, shown: str) -> None:
    assert block_kit.plain(text, "UBOT") == shown


def test_a_huge_message_is_read_in_time() -> None:
    assert len(block_kit.plain("<" * 500_000)) == 10_000
    assert block_kit.plain("<@U1|" * 100_000)
