"""A stand-in of an OpenAI-compatible model server: Chat Completions and Responses, answers by script.

It answers well (reads with the tools it is offered, then gives the output), or badly on demand: `manner` is
well, prose (no output of the agreed form), garbage (arguments that are no JSON), loop (tools for ever), eager
(every tool it is offered). Slowness and error codes come from the failure switches that all stand-ins have.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.stand_in import StandIn

READS = ("get_row", "okta_get_user_by_email", "okta_list_user_applications", "service_desk_context", "search_policy")
_LABELS = re.compile(r'"own_applications": \[(.*?)\]', re.DOTALL)
_SUMMARY = re.compile(r'"summary": ("(?:[^"\\]|\\.)*")')


@dataclass
class OpenAI(StandIn):
    """OPENAI_BASE_URL is `url + "/v1"`."""

    name: str = "OpenAI"
    key: str = "sk-sandbox"
    manner: str = "well"
    responses_api: bool = True
    """False: as many compatible servers, it knows Chat Completions alone and answers 404 elsewhere."""
    answer: dict[str, Any] = field(default_factory=dict)
    """Fields that replace those of the good answer."""
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/responses", self._responses)

    def state(self) -> dict[str, Any]:
        return {"manner": self.manner, "answer": self.answer, "requests": len(self.calls)}

    async def act(self, action: str, body: dict[str, Any]) -> Any:
        """`manner` {manner}; `answer` {field: value, ...}."""
        match action:
            case "manner":
                self.manner = str(body["manner"])
            case "answer":
                self.answer = body
            case _:
                return await super().act(action, body)
        return self.state()

    # ------------------------------------------------------------ routes

    async def _chat(self, request: web.Request) -> web.Response:
        refused, body = await self._checked(request, "messages")
        if refused is not None:
            return refused
        messages = body["messages"]
        tools = [tool["function"] for tool in body.get("tools", [])]
        text = " ".join(_text(m.get("content")) for m in messages if m["role"] == "user")
        said, calls = self._turn(tools, text, answered=any(m["role"] == "tool" for m in messages))
        message: dict[str, Any] = {"role": "assistant", "content": said or None, "refusal": None}
        if calls:
            message["tool_calls"] = [
                {"id": self._id("call"), "type": "function", "function": {"name": name, "arguments": arguments}}
                for name, arguments in calls
            ]
        return web.json_response({
            "id": self._id("chatcmpl"),
            "object": "chat.completion",
            "created": 1_770_000_000,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if calls else "stop"}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
        })

    async def _responses(self, request: web.Request) -> web.Response:
        if not self.responses_api:
            return _error(404, "Not found", "not_found")
        refused, body = await self._checked(request, "input")
        if refused is not None:
            return refused
        items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
        text = " ".join(_text(item.get("content")) for item in items if item.get("role") == "user")
        tools = [tool for tool in body.get("tools", []) if tool.get("type") == "function"]
        said, calls = self._turn(tools, text, answered=any(item.get("type") == "function_call_output" for item in items))
        output: list[dict[str, Any]] = []
        if said:
            output.append({"type": "message", "id": self._id("msg"), "role": "assistant", "status": "completed",
                           "content": [{"type": "output_text", "text": said, "annotations": []}]})
        output += [
            {"type": "function_call", "id": self._id("fc"), "call_id": self._id("call"), "name": name, "arguments": arguments,
             "status": "completed"}
            for name, arguments in calls
        ]
        return web.json_response({
            "id": self._id("resp"),
            "object": "response",
            "created_at": 1_770_000_000,
            "status": "completed",
            "model": body["model"],
            "output": output,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "top_p": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "usage": {"input_tokens": 900, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 60,
                      "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 960},
        })

    async def _checked(self, request: web.Request, needed: str) -> tuple[web.Response | None, dict[str, Any]]:
        """(the refusal, or None; the body), as the real one refuses: key first, then the shape."""
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided", "invalid_api_key"), {}
        try:
            body = await request.json()
        except ValueError:
            return _error(400, "We could not parse the JSON body of your request", "invalid_request_error"), {}
        if not isinstance(body, dict) or not isinstance(body.get("model"), str) or not body.get(needed):
            return _error(400, f"Missing required parameter: '{needed}'", "missing_required_parameter"), {}
        return None, body

    def too_many(self) -> web.Response:
        return _error(429, "Rate limit reached", "rate_limit_exceeded", {"Retry-After": "1"})

    # ------------------------------------------------------------ the script

    def _turn(self, tools: list[dict[str, Any]], text: str, *, answered: bool) -> tuple[str, list[tuple[str, str]]]:
        """(what is said, the calls made) as the manner has it."""
        names = [tool["name"] for tool in tools]
        output = next((name for name in names if name.startswith("final_result")), "")
        match self.manner:
            case "prose":
                return "Sure, I have reset the password. Anything else?", []
            case "garbage":
                return "", [(output, '{"intent": "reset", "about":')]
            case "loop":
                return "", [("get_row", "{}"), ("service_desk_context", "{}")]
            case "eager" if not answered:
                return "", [(tool["name"], json.dumps(_arguments(tool))) for tool in tools if tool["name"] != output]
        if not answered:
            return "", [(tool["name"], json.dumps(_arguments(tool))) for tool in tools if tool["name"] in READS]
        return "", [("okta_send_password_reset_link", "{}"), (output, json.dumps(self._good(text) | self.answer))]

    def _good(self, text: str) -> dict[str, Any]:
        labels = _LABELS.search(text)
        summary = _SUMMARY.search(text)
        said = json.loads(summary.group(1)).casefold() if summary else ""
        own = json.loads(f"[{labels.group(1)}]") if labels else []
        application = next((label for label in own if label.casefold() in said), "")
        return {"intent": "reset", "about": "self", "application": application, "symptom": "forgot" if "forgot" in said else "",
                "advice": "reset" if application else "ask", "rationale": "The requester asks for a reset of their own password."}

    def _id(self, kind: str) -> str:
        return f"{kind}_{next(self._ids):06d}"


def _text(content: Any) -> str:
    """The text of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in content or () if isinstance(part, dict))


def _arguments(tool: dict[str, Any]) -> dict[str, Any]:
    """Something for every required parameter."""
    schema = tool.get("parameters") or {}
    properties = schema.get("properties", {})
    return {name: (properties[name].get("enum") or ["password reset"])[0] for name in schema.get("required", ())}


def _error(status: int, message: str, code: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "type": code, "param": None, "code": code}}, status=status, headers=headers)
