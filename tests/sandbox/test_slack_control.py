"""The control API: the same people, driven by JSON from another process."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.sandbox.slack_echo import workspace


async def test_a_story_told_over_the_control_api() -> None:
    async with workspace() as (slack, _), aiohttp.ClientSession() as http:
        async def act(action: str, **body: Any) -> Any:
            async with http.post(f"{slack.url}/_control/act/{action}", json=body) as answer:
                said = await answer.json()
                return said["result"] if said["ok"] else said["error"]

        assert (await act("command", person="emma"))["status"] == 200
        assert (await act("fill", person="emma", values={"app": "VPN", "happened": "It expired", "more": "please"}))["errors"] == {}
        assert (await act("wait_for", wanted="got it", person="emma"))["reading"] == "Got it: please"
        assert await act("modal_of", person="emma") is None
        assert "Got it: please" in await act("transcript", person="emma")
        assert [m["text"] for m in await act("messages", person="emma")] == ["Got it: please"]
        assert "no person 'zoe'" in await act("say", person="zoe", text="hello")
        assert "there are" in await act("dance")
        assert "say:" in await act("say", person="emma")

        async with http.get(f"{slack.url}/_control/state") as answer:
            state = await answer.json()
        assert state["messages"][0]["text"] == "Got it: please"
        assert {"kind", "payload", "status"} <= set(state["deliveries"][0])
        assert next(u for u in state["users"] if u["key"] == "guest")["flags"] == ["is_restricted"]
        assert slack.called("POST", "/api/views.open")
