"""KEYTURN_MODEL=offline: a deterministic model that reads the same prompt and calls the same tools.

No network. Where the text alone settles the reading, the reads, the fitting action and the answer go out in one
turn; where another person seems to be meant, or the applications are not in the prompt, the reads come first, since
the person may be the requester: two turns. Judgement is in agent/offline_reading.py; here is only the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from agent.offline_reading import Sense, read
from agent.prompt import data_of
from agent.proposal import WHAT_IS_NEEDED, WHICH_APPLICATION

_READS = ("get_row", "okta_get_user_by_email", "okta_list_user_applications", "service_desk_context")
_UNREAD = "could not be read"


class OfflineModel(Model):
    """See the module. Stateless: one object serves all runs."""

    @property
    def model_name(self) -> str:
        return "offline"

    @property
    def system(self) -> str:
        return "keyturn"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The next turn. ValueError when the prompt holds no request data."""
        data: dict[str, Any] | None = None
        returned: dict[str, Any] = {}
        for message in messages:
            if not isinstance(message, ModelRequest):
                continue
            for part in message.parts:
                if isinstance(part, UserPromptPart) and isinstance(part.content, str) and data is None:
                    data = data_of(part.content)
                elif isinstance(part, ToolReturnPart):
                    returned[part.tool_name] = part.content
        if data is None:
            raise ValueError("the prompt holds no request data")
        reads: list[ToolCallPart] = []
        if not returned:
            reads = [ToolCallPart(name, {}) for name in _READS]
            reads.append(ToolCallPart("search_policy", {"words": _search_words(data)}))
        answer = _answer(data, returned)
        if reads and (answer["about"] != "self" or not data.get("own_applications")):
            return ModelResponse(parts=reads, model_name=self.model_name)
        output = model_request_parameters.output_tools[0].name
        return ModelResponse(parts=[*reads, *_actions(answer), ToolCallPart(output, answer)], model_name=self.model_name)


def _search_words(data: Mapping[str, Any]) -> str:
    return f"password reset {data.get('target_system_or_record') or ''}".strip()


def _answer(data: Mapping[str, Any], returned: Mapping[str, Any]) -> dict[str, Any]:
    """The output, as agent/proposal.py asks for it."""
    account = returned.get("okta_get_user_by_email")
    known = account if isinstance(account, Mapping) else {}
    labels = tuple(str(label) for label in data.get("own_applications", ()))
    listed = returned.get("okta_list_user_applications")
    if not labels and isinstance(listed, list):
        labels = tuple(str(label) for label in listed)
    sense = read(
        str(data.get("summary", "")),
        labels,
        justification=str(data.get("business_justification", "")),
        form=bool(data.get("form")),
        names=[str(known[key]) for key in ("name", "first_name", "last_name") if known.get(key)],
        addresses=[str(known[key]) for key in ("email", "login") if known.get(key)],
    )
    application, words = _target(data, sense, labels)
    advice, rule, rationale = _advice(data, sense, application or words, sorted(_systems(returned)))
    question = ""
    if advice == "ask":
        question = WHAT_IS_NEEDED if sense.intent == "unclear" else WHICH_APPLICATION
    return {
        "intent": sense.intent,
        "about": sense.about,
        "application": application,
        "application_words": words,
        "symptom": data.get("symptom") or sense.symptom,
        "advice": advice,
        "rule": rule,
        "rationale": rationale,
        "question": question,
    }


def _target(data: Mapping[str, Any], sense: Sense, labels: tuple[str, ...]) -> tuple[str, str]:
    """What was picked in the form, else what the text names: (application, application_words)."""
    if data.get("target_kind") == "account":
        return "account", ""
    picked = str(data.get("target_system_or_record") or "")
    if not picked:
        return sense.application, sense.application_words
    own = {label.casefold(): label for label in labels}
    return (own[picked.casefold()], "") if picked.casefold() in own else ("", picked)


def _systems(returned: Mapping[str, Any]) -> set[str]:
    """The systems that a tool could not read, by name."""
    faults = {name: content for name, content in returned.items() if isinstance(content, str) and content.startswith(_UNREAD)}
    return {content.partition(": ")[2] or name for name, content in faults.items()}


def _advice(data: Mapping[str, Any], sense: Sense, target: str, unread: list[str]) -> tuple[str, str, str]:
    """(advice, rule, rationale)."""
    if sense.intent == "other":
        return "close", "5", "The text asks for something other than a password reset."
    if sense.about == "someone_else" and not data.get("for_someone_else"):
        return "reject", "6", "The text speaks of another person's account."
    if sense.about == "someone_else":
        return "escalate", "", "The form declares another person as the one it is for."
    if sense.about == "unclear":
        return "escalate", "", "The text speaks of a shared or service account, or of more than one person's."
    if sense.intent == "unclear" and not data.get("form"):
        if target:
            return "escalate", "", "The text names an application, but does not say that its password is the trouble."
        return "ask", "", "The text does not say what is needed."
    if sense.several and not target:
        return "ask", "", f"More than one application is named: {', '.join(sense.several)}."
    if not target:
        return "ask", "", "No application is named."
    said = {"forgot": "a forgotten password", "locked": "a locked account", "expired": "an expired password"}.get(
        str(data.get("symptom") or sense.symptom), "a password reset"
    )
    missing = f" Not read: {', '.join(unread)}." if unread else ""
    return "reset", "", f"The requester reports {said} of their own account.{missing}"


def _actions(answer: Mapping[str, Any]) -> list[ToolCallPart]:
    """The action tools that go with the advice."""
    match answer["advice"]:
        case "reset":
            return [ToolCallPart("okta_send_password_reset_link", {}), ToolCallPart("check_identity", {})]
        case "ask":
            return [ToolCallPart("ask_requester", {"question": answer["question"]})]
        case "escalate":
            return [ToolCallPart("escalate", {"reason": answer["rationale"]})]
        case _:
            return [ToolCallPart("reject", {"rule": answer["rule"], "reason": answer["rationale"]})]
