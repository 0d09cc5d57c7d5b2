"""The load generator, a process of its own: signed submissions at a steady rate, each timed by this process's clock.

It is told, in one line of JSON, `url`, `secret`, `rate` (a second) and `bodies` (a file, one form-encoded delivery a line);
it answers with the milliseconds from the first byte sent to the last byte received of each, and with the statuses.
Sending does not wait for answers: a slow server gets its load all the same.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

FORM = "application/x-www-form-urlencoded"
PATIENCE = 10.0


def signed(secret: bytes, body: bytes) -> dict[str, str]:
    """The headers of a delivery of now (Slack, Verifying requests)."""
    at = str(int(time.time()))
    digest = hmac.new(secret, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": FORM, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


async def fire(url: str, secret: str, rate: float, bodies: list[bytes]) -> dict[str, Any]:
    """Sends all of them. `late` is how far behind its own plan the generator was at worst: above some ms it is the bottleneck."""
    times: list[float] = []
    statuses: Counter[str] = Counter()
    late = 0.0
    key = secret.encode()
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:

        async def one(body: bytes, headers: dict[str, str]) -> None:
            begun = time.perf_counter()
            try:
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                statuses[type(error).__name__] += 1
                return
            times.append((time.perf_counter() - begun) * 1000)
            statuses[str(response.status)] += 1

        gc.collect()
        gc.freeze()
        tasks = []
        start = time.perf_counter()
        for number, body in enumerate(bodies):
            wait = start + number / rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            late = max(late, time.perf_counter() - start - number / rate)
            tasks.append(asyncio.create_task(one(body, signed(key, body))))
        await asyncio.gather(*tasks)
    return {"ms": times, "statuses": dict(statuses), "late_ms": late * 1000, "seconds": time.perf_counter() - start}


def main() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        bodies = Path(told["bodies"]).read_bytes().splitlines()
        print(json.dumps(asyncio.run(fire(told["url"], told["secret"], told["rate"], bodies))), flush=True)


if __name__ == "__main__":
    main()
