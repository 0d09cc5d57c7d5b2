"""Keyturn's process with a worker that rests: deliveries are taken in and committed, their work is left for later.

For the pass that counts the CPU of an acknowledgement alone. All else is `keyturn serve`.
"""

from __future__ import annotations

import asyncio

from bot import app, logs, settings
from dialogs.work import Worker


class Resting(Worker):
    """Says that it is alive, and runs nothing."""

    async def run(self) -> None:
        while True:
            self.seen_at = asyncio.get_running_loop().time()
            await asyncio.sleep(2.0)


async def main() -> None:
    loaded = settings.load()
    logs.configure(loaded.log_format, redactor=logs.redactor_for(loaded))
    stop = asyncio.Event()
    app.stop_on_signals(stop)
    await app.run(loaded, stop)


if __name__ == "__main__":
    vars(app)["Worker"] = Resting  # where the one worker is made; nothing of an SDK is touched
    asyncio.run(main())
