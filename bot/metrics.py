"""Numbers for Prometheus: few names, labels with few values, nothing of a person in any of them."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from storage import moments, numbers_of_work

CONTENT_TYPE = CONTENT_TYPE_LATEST
ACK = Histogram(
    "keyturn_ack_seconds",
    "From a delivery's arrival to its acknowledgement",
    ["channel"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0),
)
REFUSED = Counter("keyturn_refused_total", "Deliveries refused: unsigned, malformed or foreign", ["channel"])
OPEN = Gauge("keyturn_requests_open", "Open requests by status", ["status"])
JOBS = Gauge("keyturn_jobs_waiting", "Jobs that are due and not running")
LAG = Gauge("keyturn_jobs_lag_seconds", "How long the oldest due job has waited")
POLICY_AGE = Gauge("keyturn_policy_age_seconds", "Since the policy's source was read last; -1 when it never was")
UP = Gauge("keyturn_ready", "1 when /readyz is 200")


async def exposition(ready: bool) -> bytes:
    """The text of /metrics. What lives in rows is counted now; every count has a cap (storage.numbers_of_work)."""
    now = moments.now()
    work = await numbers_of_work.read(now)
    for status, count in work.open.items():
        OPEN.labels(status).set(count)
    JOBS.set(work.jobs)
    LAG.set(work.lag.total_seconds())
    POLICY_AGE.set(-1 if work.policy_read_at is None else (now - work.policy_read_at).total_seconds())
    UP.set(1 if ready else 0)
    return generate_latest()
