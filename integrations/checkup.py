"""A system's health as a row of harmless questions, asked in order until one fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from integrations.base import Health, Missing, Refused, SystemFault, Unavailable

log = structlog.get_logger(__name__)

Question = Callable[[], Awaitable[str]]
"""Asks one thing; returns what it found in plain words, raises a SystemFault when the answer is bad."""


async def examined(system: str, *questions: Question, down: str, settings: str) -> Health:
    """Never raises. `down` and `settings` are the next step in plain words for a system that cannot be reached, and for
    one that answers and says no; the latter is `kind="settings"`, because waiting will not help."""
    checks: list[str] = []
    for question in questions:
        try:
            checks.append(await question())
        except Unavailable as fault:
            return Health(system, False, fault.reason, down, tuple(checks), "down")
        except (Refused, Missing) as fault:
            return Health(system, False, fault.reason, settings, tuple(checks), "settings")
        except SystemFault as fault:
            return Health(system, False, fault.reason, down, tuple(checks), "down")
        except Exception as error:
            # A bug in one check must not take the report of the other systems with it.
            log.exception("health_check_failed", system=system)
            return Health(system, False, f"the check itself failed ({type(error).__name__})", "see the log", tuple(checks), "down")
    return Health(system, True, checks[-1] if checks else "ok", checks=tuple(checks))
