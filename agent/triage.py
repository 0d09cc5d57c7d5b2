"""One triage run over one request: the model reads and proposes, code decides later (agent/gate.py).

Whatever a model does, `Triage.run` ends in time with a `Run`: a reading, or the reason why there is none.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog

from agent.case import Case, Failure, Run, Tools

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model

    from agent.proposal import Proposal
    from agent.tools import Hand

log = structlog.get_logger(__name__)

TOKENS_LIMIT = 120_000
"""Of all requests of one run together."""
ANSWER_TOKENS = 4_000
"""Of one answer; reasoning models spend part of it on thinking."""
OUTPUT_RETRIES = 2


@dataclass(frozen=True, slots=True)
class _Engine:
    agent: Agent[Hand, Proposal]
    model: Model


class Triage:
    """The agent, built once and used by all runs of a process.

    `model_name` is KEYTURN_MODEL; `timeout` the seconds one run may take, waiting for its turn not counted;
    `request_limit` and `tool_calls_limit` are of one run; `concurrency` is how many runs go on at a time
    (a run is CPU work too, and chat must be answered within 3 s beside it).
    Constructing is cheap: the model library is imported by `warm`, or by the first run.
    """

    def __init__(
        self,
        model_name: str,
        *,
        timeout: float = 20.0,
        request_limit: int = 8,
        tool_calls_limit: int = 24,
        concurrency: int = 8,
        model: Model | None = None,
    ) -> None:
        """`model` puts a ready model in the place of the named one (tests, evaluations)."""
        self.model_name = model_name
        self._timeout = timeout
        self._request_limit = request_limit
        self._tool_calls_limit = tool_calls_limit
        self._turns = asyncio.Semaphore(concurrency)
        self._given = model
        self._engine: _Engine | None = None
        self._building = asyncio.Lock()

    async def warm(self) -> str:
        """Imports the library and builds the agent, in a thread. "" when usable, else why not; never raises."""
        from agent.models import ModelUnusable

        try:
            await self._ready()
        except ModelUnusable as error:
            return str(error)
        except Exception as error:
            log.exception("the model could not be built", model=self.model_name)
            return f"KEYTURN_MODEL {self.model_name} cannot be built here ({type(error).__name__})."
        return ""

    async def close(self) -> None:
        """Closes the provider's connections. The object can be used again afterwards."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.model.__aexit__(None, None, None)

    async def run(self, case: Case, tools: Tools) -> Run:
        """Reads `case` with the help of `tools`.

        Never raises for trouble of the model, its provider or a tool: the run then has no reading, and
        `failure` says why. CancelledError passes through.
        """
        from agent.models import ModelUnusable

        try:
            engine = await self._ready()
        except ModelUnusable as error:
            return Run(None, failure=Failure.SETTINGS, detail=str(error), model=self.model_name)
        except Exception as error:
            # A library that is broken or missing here must not keep a request from the gate or a person.
            log.exception("the model could not be built", model=self.model_name)
            return Run(None, failure=Failure.ERROR, detail=type(error).__name__, model=self.model_name)
        async with self._turns:
            return await self._run(engine, case, tools)

    # ------------------------------------------------------------ inside

    async def _ready(self) -> _Engine:
        if self._engine is None:
            async with self._building:
                if self._engine is None:
                    engine = await asyncio.to_thread(_build, self.model_name, self._given)
                    await engine.model.__aenter__()
                    self._engine = engine
        return self._engine

    async def _run(self, engine: _Engine, case: Case, tools: Tools) -> Run:
        from pydantic_ai.usage import RunUsage, UsageLimits

        from agent.prompt import prompt
        from agent.proposal import reading
        from agent.tools import Hand

        hand = Hand(case, tools)
        usage = RunUsage()
        limits = UsageLimits(
            request_limit=self._request_limit, tool_calls_limit=self._tool_calls_limit, total_tokens_limit=TOKENS_LIMIT
        )
        started = time.perf_counter()
        result: dict[str, Any] = {}
        try:
            async with asyncio.timeout(self._timeout):
                proposal = (await engine.agent.run(prompt(case), model=engine.model, deps=hand, usage=usage, usage_limits=limits)).output
            result = {"reading": reading(proposal, case, hand.noted), "intent": proposal.intent, "about": proposal.about}
        except Exception as error:  # noqa: BLE001 - a model may fail in any way; each is named, logged, and ends in a person or the gate
            failure, detail = name_failure(error)
            log.warning("triage gave no reading", request_id=case.request_id, model=self.model_name, failure=failure.value, detail=detail)
            result = {"reading": None, "failure": failure.value, "detail": detail}
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled this task: the model's own code let a cancellation out.
            log.warning("triage gave no reading", request_id=case.request_id, model=self.model_name, failure=Failure.ERROR.value,
                        detail="the model cancelled itself")
            result = {"reading": None, "failure": Failure.ERROR.value, "detail": "the model cancelled itself"}
        return Run(
            **result,
            tools=tuple(use for use in hand.uses if use is not None),
            model=self.model_name,
            check_wanted=hand.check_wanted,
            requests=usage.requests,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            ms=round((time.perf_counter() - started) * 1000),
        )


def name_failure(error: Exception) -> tuple[Failure, str]:
    """What kind of failure an exception of a run is, and a few words that hold nothing of the prompt."""
    from pydantic_ai import exceptions as ai

    kind = type(error).__name__
    match error:
        case TimeoutError() | ai.ModelRequestTimeout() | ai.ModelTimeoutError():
            return Failure.TIME_OUT, "no answer in time"
        case ai.UsageLimitExceeded():
            return Failure.LIMIT, "more requests, tool calls or tokens than a run may use"
        case ai.ModelHTTPError():
            refused = error.status_code in range(400, 500) and error.status_code not in (408, 409, 425, 429)
            return (Failure.REFUSED if refused else Failure.UNAVAILABLE), f"the provider answered {error.status_code}"
        case ai.ModelAPIError():
            return Failure.UNAVAILABLE, f"the provider could not be reached ({kind})"
        case ai.UnexpectedModelBehavior():
            return Failure.NONSENSE, "no output of the agreed form"
        case ai.UserError():
            return Failure.SETTINGS, f"the model cannot be used as configured ({kind})"
        case ExceptionGroup():
            return name_failure(error.exceptions[0])
        case _:
            return Failure.ERROR, kind


def _build(model_name: str, given: Model | None) -> _Engine:
    """Blocking, a second or more the first time. ModelUnusable when KEYTURN_MODEL names nothing usable."""
    from agent.models import build

    return _Engine(_agent(), given if given is not None else build(model_name))


@cache
def _agent() -> Agent[Hand, Proposal]:
    """The agent holds nothing of a run and no model: one serves the process."""
    from pydantic_ai import Agent
    from pydantic_ai.settings import ModelSettings

    from agent.prompt import instructions
    from agent.proposal import Proposal
    from agent.tools import TOOL_RETRIES, Hand, Toolbox

    # No temperature: reasoning models refuse it, and what a model says is never taken at its word anyway.
    return Agent(
        output_type=Proposal,
        deps_type=Hand,
        instructions=instructions(),
        toolsets=[Toolbox()],
        name="triage",
        retries={"tools": TOOL_RETRIES, "output": OUTPUT_RETRIES},
        model_settings=ModelSettings(max_tokens=ANSWER_TOKENS),
    )
