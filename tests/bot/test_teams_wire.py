"""What goes to the connector is what botbuilder's own serializer would send, without its looking at what is not there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botbuilder.schema import (
    ActionTypes,
    Activity,
    Attachment,
    CardAction,
    ChannelAccount,
    ConversationAccount,
    ConversationParameters,
    InputHints,
    Mention,
    SuggestedActions,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.teams_wire import wire

SOMEBODY = ChannelAccount(id="29:1emma", name="Emma", aad_object_id="0e1", role="user")
EVERY_KIND = Activity(
    type="message", id="1", text="hello", timestamp=datetime(2026, 5, 18, 9, 15, 0, 678000, tzinfo=UTC), from_property=SOMEBODY,
    conversation=ConversationAccount(id="a:1", is_group=False, tenant_id="t"), input_hint=InputHints.accepting_input,
    attachments=[Attachment(content_type="application/vnd.microsoft.card.adaptive", content={"body": [{"text": "x", "wrap": True}, 1.5]})],
    entities=[Mention(mentioned=SOMEBODY, text="<at>Emma</at>", type="mention")], channel_data={"tenant": {"id": "t"}}, value={"kt": {"n": 1}},
    suggested_actions=SuggestedActions(to=["29:1emma"], actions=[CardAction(type=ActionTypes.im_back, title="Yes", value="yes")]),
)  # fmt: skip


@pytest.mark.parametrize("part", [
    EVERY_KIND, Activity(type="message", text=""), Activity(),
    ConversationParameters(is_group=False, bot=SOMEBODY, members=[SOMEBODY], tenant_id="t", activity=EVERY_KIND, channel_data={"tenant": {"id": "t"}}),
])  # fmt: skip
def test_it_is_what_botbuilder_sends(part: Any) -> None:
    assert wire(part) == part.serialize()


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(st.text(), st.dictionaries(st.text(min_size=1), JSON))
def test_words_and_values_of_any_kind_arrive_as_they_are(text: str, value: dict[str, Any]) -> None:
    sent = wire(Activity(type="message", text=text, value=value))
    assert (sent["text"], sent["value"]) == (text, value)


def test_what_json_cannot_hold_is_no_activity() -> None:
    with pytest.raises(TypeError, match="object"):
        wire(Activity(type="message", value=object()))
