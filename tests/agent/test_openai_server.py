"""A provider behind a real socket: an OpenAI-compatible server that answers well, badly, slowly or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from agent.case import Failure, Run
from agent.triage import Triage
from agent.verdict import Advice
from sandbox.openai import OpenAI
from tests.agent.lent import CANARIES, LentTools, case


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenAI]:
    openai = OpenAI()
    await openai.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"{openai.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", openai.key)
    yield openai
    await openai.stop()


async def once(lent: LentTools, name: str = "openai:gpt-5-mini", seconds: float = 10.0) -> Run:
    triage = Triage(name, timeout=seconds)
    try:
        return await triage.run(case(), lent)
    finally:
        await triage.close()


@pytest.mark.parametrize(("name", "path"), [("openai:gpt-5-mini", "/v1/responses"), ("openai-chat:gpt-4o", "/v1/chat/completions")])
async def test_a_good_answer(server: OpenAI, lent: LentTools, name: str, path: str) -> None:
    run = await once(lent, name)
    assert run.reading
    assert (run.reading.advice, run.reading.app, run.reading.symptom) == (Advice.RESET, "Payroll", "forgot")
    assert {call.path for call in server.calls} == {path}
    assert (run.requests, run.input_tokens, run.output_tokens) == (2, 1800, 120)
    assert [use.name for use in run.tools][-1] == "okta_send_password_reset_link"
    sent = repr([call.body for call in server.calls])
    assert not [canary for canary in CANARIES if canary in sent]


async def test_a_server_without_the_responses_path_is_asked_in_the_older_form(server: OpenAI, lent: LentTools) -> None:
    server.responses_api = False
    run = await once(lent)
    assert run.reading
    assert server.called("POST", "/v1/chat/completions")


@pytest.mark.parametrize(("manner", "outcome"), [
    ("prose", Failure.NONSENSE), ("garbage", Failure.NONSENSE), ("loop", Failure.LIMIT), ("eager", Advice.CLOSE),
])
async def test_bad_manners(server: OpenAI, lent: LentTools, manner: str, outcome: str) -> None:
    server.manner = manner
    run = await once(lent)
    got = run.reading.advice if run.reading else run.failure
    # "eager" calls reject with row 5 although it reads a reset: a contradiction goes to a person.
    assert got == (Advice.ESCALATE if manner == "eager" else outcome)


@pytest.mark.parametrize(("kind", "failure"), [("401", Failure.REFUSED), ("403", Failure.REFUSED), ("500", Failure.UNAVAILABLE), ("malformed", "")])
async def test_a_server_that_fails(server: OpenAI, lent: LentTools, kind: str, failure: str) -> None:
    server.fail(kind)
    run = await once(lent)
    assert run.reading is None
    assert run.failure == failure if failure else run.failure in (Failure.UNAVAILABLE, Failure.NONSENSE, Failure.ERROR)


async def test_one_failure_is_got_over(server: OpenAI, lent: LentTools) -> None:
    server.fail("500", times=1)
    assert (await once(lent)).reading


@pytest.mark.parametrize("kind", ["hang", "slow"])
async def test_a_server_that_is_too_slow(server: OpenAI, lent: LentTools, kind: str) -> None:
    server.fail(kind, seconds=30)
    run = await once(lent, seconds=1.0)
    assert (run.reading, run.failure) == (None, Failure.TIME_OUT)
    assert run.ms < 3000


async def test_a_wrong_key_is_refused_and_not_shown(server: OpenAI, lent: LentTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-of-mine")
    run = await once(lent)
    assert run.failure == Failure.REFUSED
    assert "canary" not in repr(run)


async def test_nobody_listens(lent: LentTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    run = await once(lent)
    assert (run.reading, run.failure) == (None, Failure.UNAVAILABLE)
