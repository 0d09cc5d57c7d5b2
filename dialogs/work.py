"""The worker: due jobs are claimed from their rows, run a few at a time, and put back when they fail.

Work is safe to repeat, so a start resumes whatever was unfinished: leases run out, rows say what is next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from dialogs import assigning, board, clock, closure, deciding, decisions, hearing, presses, review, tickets
from dialogs.desk import HEAR, SECRET, Desk
from dialogs.errors import Declined
from dialogs.judging import Judge
from dialogs.record import ADVANCE, ASSIGN, CLOSURE, PAINT, REMIND, TICKET
from dialogs.services import Services
from integrations.base import Unavailable
from storage import jobs
from storage.models import Job
from storage.requests import Conflict

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=90)
"""Longer than the longest step: one triage run and its look-ups."""
LONGEST_SLEEP = 2.0
"""Seconds; work that is due by the clock is looked at this often (contract, section 7)."""
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=2)
GATHER = 0.004
"""Seconds in which runs that end are put away together, with one commit."""
AT_A_TIME = 16
JUDGED_AT_A_TIME = 8
"""Triage is CPU work too, and chat must be answered within 3 s beside it."""

Handler = Callable[[Job], Awaitable[datetime | None]]
"""Answers when the same job is due again, or None when it is done."""


class Worker:
    """Runs until cancelled. `alive` is what /readyz asks."""

    def __init__(self, services: Services, desk: Desk, judge: Judge) -> None:
        self.services = services
        self.desk = desk
        self.judge = judge
        self.review = review.Review(services, judge)
        self.seen_at = 0.0
        self._running: set[asyncio.Task[None]] = set()
        self._ended: list[jobs.Ended] = []
        self._judging = asyncio.Semaphore(JUDGED_AT_A_TIME)
        self.handlers: dict[str, Handler] = {
            ADVANCE: self._advance,
            PAINT: self._paint,
            TICKET: self._ticket,
            CLOSURE: self._closure,
            HEAR: self._hear,
            SECRET: self._secret,
            closure.MAIL: self._mail,
            closure.FOLLOW: self._follow,
            "unused": self._unused,
            "unreached": self._unreached,
            "nudge": self._nudge,
            "expire": self._expire,
            presses.ALERT: self._alert,
            ASSIGN: self._assign,
            REMIND: self._remind,
            review.DECIDE: self._decide,
            decisions.RELEASED: self._released,
            review.STEP_UP: self._step_up,
        }

    @property
    def alive(self) -> bool:
        return self.seen_at > 0 and asyncio.get_running_loop().time() - self.seen_at < 15 * LONGEST_SLEEP

    async def run(self) -> None:
        """Claims and runs due jobs; drains what is running when cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self.seen_at = loop.time()
                most = self._most()
                room = most - len(self._running)
                due = await self._turn(room)
                for job in due:
                    task = asyncio.create_task(self._one(job), name=f"job:{job.kind}:{job.request_id}")
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                if len(self._running) >= most:
                    await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED, timeout=LONGEST_SLEEP)
                elif len(due) < room and not self._ended:
                    await self._idle()
                if self._ended:
                    await asyncio.sleep(GATHER)
        finally:
            if self._running:
                await asyncio.wait(self._running, timeout=8)
            await self._turn(0)

    def _most(self) -> int:
        """Jobs at a time now: while many people write at once, who writes is answered first, and the work builds a backlog."""
        return max(2, AT_A_TIME // (1 + self.desk.lately() // 4))

    async def _turn(self, room: int) -> list[Job]:
        """Puts away what has ended and claims what is due."""
        ended, self._ended = self._ended, []
        try:
            return await jobs.turn(ended, room, LEASE, self.services.now())
        except Exception:
            log.exception("jobs could not be claimed or put away")
            self._ended = ended + self._ended
            await asyncio.sleep(LONGEST_SLEEP / 2)
            return []

    async def _idle(self) -> None:
        next_due = await jobs.next_due()
        pause = LONGEST_SLEEP
        if next_due is not None:
            pause = min(LONGEST_SLEEP, max(0.0, (next_due - self.services.now()).total_seconds()))
        await jobs.wait_for_work(pause)

    async def _one(self, job: Job) -> None:
        with structlog.contextvars.bound_contextvars(request_id=job.request_id, job=job.kind):
            try:
                later = await self.handlers[job.kind](job)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever failed is logged, and tried again later
                self._failed(job, error)
                return
            self._over(jobs.Ended(job, later))

    def _over(self, ended: jobs.Ended) -> None:
        self._ended.append(ended)
        jobs.wake()

    def _failed(self, job: Job, error: Exception) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(job.attempts, 7))
        if isinstance(error, Conflict | Declined):
            pause = timedelta(milliseconds=50)
        elif isinstance(error, Unavailable):
            pause = max(pause, timedelta(seconds=min(error.retry_after or 0, 120)))
            log.warning("will be tried again", why=str(error), attempt=job.attempts)
        else:
            log.error("a job failed and will be tried again", exc_info=error, attempt=job.attempts)
        self._over(jobs.Ended(job, self.services.now() + pause, type(error).__name__))

    # ------------------------------------------------------------ kinds

    async def _advance(self, job: Job) -> datetime | None:
        if job.attempts > 1:
            # Looked at again: a pending check, mostly. Waiting for Okta must not keep others from their triage.
            later = await self.judge.advance(job.request_id)
        else:
            async with self._judging:
                later = await self.judge.advance(job.request_id)
        return None if later is None else self.services.now() + later

    async def _paint(self, job: Job) -> datetime | None:
        return await board.paint(self.services, job.request_id)

    async def _ticket(self, job: Job) -> None:
        await tickets.tell(self.services, job.request_id)

    async def _closure(self, job: Job) -> None:
        await closure.close(self.services, job.request_id)

    async def _hear(self, job: Job) -> None:
        await hearing.take(self.services, self.desk, job.payload, job.attempts)

    async def _secret(self, job: Job) -> None:
        await hearing.secret_seen(self.services, job.payload)

    async def _mail(self, job: Job) -> None:
        await closure.mail(self.services, job.request_id, str(job.payload["letter"]))

    async def _follow(self, job: Job) -> None:
        await closure.follow(self.services, job.request_id, int(job.payload["look"]))

    async def _unused(self, job: Job) -> None:
        await closure.unused(self.services, job.request_id)

    async def _unreached(self, job: Job) -> None:
        surface = str(job.payload["surface"])
        if surface == assigning.REVIEW:
            await assigning.unreached(self.services, job.request_id, str(job.payload.get("audience", "")))
        else:
            await closure.unreached(self.services, job.request_id, surface)

    async def _nudge(self, job: Job) -> None:
        await clock.nudge(self.services, job.request_id, int(job.payload["asked"]))

    async def _expire(self, job: Job) -> None:
        await clock.expire(self.services, job.request_id, int(job.payload["asked"]))

    async def _assign(self, job: Job) -> None:
        said = job.payload
        await assigning.assign(
            self.services, self.judge.shelf, job.request_id, int(said["round"]), str(said.get("owner", "")), str(said.get("why", "owner"))
        )

    async def _remind(self, job: Job) -> datetime | None:
        return await assigning.remind(self.services, job.request_id, int(job.payload["round"]), int(job.payload["sent"]))

    async def _decide(self, job: Job) -> None:
        await deciding.decide(self.services, self.review, job.payload, job.request_id)

    async def _step_up(self, job: Job) -> datetime | None:
        return await deciding.look(self.services, self.review, job.request_id, job.payload)

    async def _released(self, job: Job) -> datetime | None:
        return await tickets.released(self.services, job.request_id, job.attempts)

    async def _alert(self, job: Job) -> None:
        await closure.unreached(self.services, job.request_id, "notice")
