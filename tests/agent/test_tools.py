"""The operation's tools as a model sees them: names, arguments, answers, and what does not get through."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from agent.case import Run, Tools
from agent.triage import Triage
from agent.verdict import Advice
from integrations.base import Unavailable
from tests.agent.lent import CANARIES, OWN, LentTools, case

CONTRACT = {
    "get_row", "update_row", "create_row", "okta_get_user_by_email", "okta_list_user_applications", "okta_send_password_reset_link",
    "servicenow_create_incident", "search_policy", "service_desk_context", "check_identity", "ask_requester", "escalate", "reject",
    "notify_requester", "notify_owner",
}
GOOD = {"intent": "reset", "about": "self", "application": "Payroll", "advice": "reset", "rationale": "They forgot it."}


def returned(messages: Sequence[ModelMessage]) -> dict[str, Any]:
    return {part.tool_name: part.content for message in messages for part in message.parts if isinstance(part, ToolReturnPart)}


async def calling(tools: Tools, *calls: tuple[str, dict[str, Any]], answer: dict[str, Any] | None = None) -> tuple[Run, dict[str, Any], AgentInfo]:
    """One run of a model that makes these calls in one round and then answers: the run, what came back, what was offered."""
    seen: list[Any] = []

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if calls and not returned(messages):
            return ModelResponse(parts=[ToolCallPart(name, arguments) for name, arguments in calls])
        seen[:] = [returned(messages), info]
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, answer or GOOD)])

    run = await Triage("scripted", model=FunctionModel(model)).run(case(), tools)
    return run, seen[0], seen[1]


async def test_the_tools_have_the_contracts_names_and_take_no_identity(lent: LentTools) -> None:
    _, _, info = await calling(lent)
    offered = {tool.name: tool.parameters_json_schema.get("properties", {}) for tool in info.function_tools}
    assert set(offered) == CONTRACT
    arguments = {argument for properties in offered.values() for argument in properties}
    assert arguments == {"words", "summary", "reason", "rule", "question", "message", "rationale", "note"}
    for tool in info.function_tools:
        assert tool.description
        assert tool.parameters_json_schema.get("additionalProperties") is False


async def test_reads_are_made_once_and_recorded_in_a_few_words(lent: LentTools) -> None:
    calls = [("get_row", {}), ("get_row", {}), ("okta_list_user_applications", {}), ("search_policy", {"words": "reset  \n rules"})]
    run, back, _ = await calling(lent, *calls)
    assert lent.asked == ["get_row", "applications", "search_policy reset rules"]
    assert back["okta_list_user_applications"] == list(OWN)
    assert [(use.name, use.result) for use in run.tools] == [
        ("get_row", "row read"), ("get_row", "row read"), ("okta_list_user_applications", "9 applications"), ("search_policy", "1 passage"),
    ]
    assert run.tools[-1].arguments == {"words": "reset rules"}


async def test_only_allow_listed_fields_reach_the_model(lent: LentTools) -> None:
    everything: list[tuple[str, dict[str, Any]]] = [(name, {}) for name in ("get_row", "okta_get_user_by_email", "okta_list_user_applications", "service_desk_context")]
    seen: list[str] = []

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if not returned(messages):
            return ModelResponse(parts=[ToolCallPart(name, arguments) for name, arguments in [*everything, ("search_policy", {"words": "x"})]])
        seen.append(repr(messages) + repr(info))
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, GOOD)])

    run = await Triage("scripted", model=FunctionModel(model)).run(case(justification="month end"), lent)
    assert run.reading
    for canary in CANARIES:
        assert canary not in seen[0]
        assert canary not in repr(run)
    assert "Emma Clarke" in seen[0]


async def test_a_system_that_is_down_is_an_answer_and_a_note(lent: LentTools) -> None:
    lent.faults["service_desk"] = Unavailable("ServiceNow", "time-out at https://sn.example.com?sysparm_query=secret")
    run, back, _ = await calling(lent, ("service_desk_context", {}), ("get_row", {}))
    assert back["service_desk_context"] == "could not be read: ServiceNow"
    assert [(use.name, use.result, use.ok) for use in run.tools] == [
        ("service_desk_context", "could not be read: ServiceNow", False), ("get_row", "row read", True),
    ]
    assert run.reading


@pytest.mark.parametrize("fault", [KeyError("emma.private@example.com"), RuntimeError("boom"), TypeError("?")])
async def test_a_bug_behind_a_tool_does_not_end_the_run(lent: LentTools, fault: Exception) -> None:
    # pydantic-ai lets any exception of a tool out of the run; here it becomes an answer.
    lent.faults["account"] = fault
    run, back, _ = await calling(lent, ("okta_get_user_by_email", {}))
    assert back["okta_get_user_by_email"] == "could not be read"
    assert run.reading
    assert not run.tools[0].ok


async def test_a_lent_tool_that_answers_in_another_shape_is_unread(lent: LentTools) -> None:
    lent.passages = "all of it"  # type: ignore[assignment]  # the wrong shape is the point
    _, back, _ = await calling(lent, ("search_policy", {"words": "x"}))
    assert back["search_policy"] == "could not be read"


async def test_text_from_tools_is_clipped_and_visible(lent: LentTools) -> None:
    lent.passages = [{"title": "T\u202eitle\u200b", "text": "a" * 9000}] * 40
    _, back, _ = await calling(lent, ("search_policy", {"words": "x"}))
    assert len(back["search_policy"]) == 5
    assert back["search_policy"][0]["title"] == "Title"
    assert len(back["search_policy"][0]["text"]) == 1200


@pytest.mark.parametrize(("call", "advice", "rule"), [
    (("okta_send_password_reset_link", {}), Advice.RESET, ""),
    (("ask_requester", {"question": "Which one?"}), Advice.ASK, ""),
    (("escalate", {"reason": "odd"}), Advice.ESCALATE, ""),
    (("servicenow_create_incident", {"summary": "by hand"}), Advice.ESCALATE, ""),
    (("reject", {"rule": "6", "reason": "theirs"}), Advice.REJECT, "6"),
    # Row 5 is "not a reset": with an intent that says reset it is a contradiction, for a person.
    (("reject", {"rule": "5", "reason": "no reset"}), Advice.ESCALATE, ""),
])
async def test_an_action_is_noted_and_the_strictest_wins(lent: LentTools, call: tuple[str, dict[str, Any]], advice: Advice, rule: str) -> None:
    run, back, _ = await calling(lent, call)
    assert "the policy gate decides" in back[call[0]]
    assert run.reading
    assert (run.reading.advice, run.reading.rule) == (advice, rule)
    assert lent.asked == []


async def test_the_identity_check_is_looked_at_and_wanted_not_started(lent: LentTools) -> None:
    run, back, _ = await calling(lent, ("check_identity", {}))
    assert run.check_wanted
    assert back["check_identity"] == "none"
    assert lent.asked == ["check_identity"]


async def test_notes_for_the_record_are_few_and_short(lent: LentTools) -> None:
    run, _, _ = await calling(lent, *[("create_row", {"note": f"note {n} " + "x" * 2000}) for n in range(7)], ("create_row", {"note": " \u200b "}))
    assert len(lent.notes) == 4
    assert all(len(note) <= 300 for note in lent.notes)
    assert len(run.tools) == 8


async def test_arguments_that_do_not_fit_are_refused_and_may_be_corrected(lent: LentTools) -> None:
    turns = iter([
        [ToolCallPart("reject", {"rule": "9b", "reason": "x", "email": "bob@example.com"})],
        [ToolCallPart("reject", {"rule": "6", "reason": "x"})],
    ])

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=next(turns, [ToolCallPart(info.output_tools[0].name, GOOD)]))

    run = await Triage("scripted", model=FunctionModel(model)).run(case(), lent)
    assert [json.dumps(use.arguments) for use in run.tools] == ['{"reason": "row 6: x"}']
    assert run.reading
    assert run.reading.advice is Advice.REJECT
