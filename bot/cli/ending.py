"""How a verb ends: one sentence on standard error and the documented exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import IntEnum


class Exit(IntEnum):
    """Interface, section 1."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SETTINGS = 3
    DOWN = 4
    DATABASE = 5


INTERRUPTED = 130
"""128 + SIGINT, as shells expect."""


class Ending(Exception):
    """Ends the verb. `text` is one sentence (or a few lines, one a problem) for the person who typed it."""

    def __init__(self, text: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(text)
        self.code = code


def guarded(verb: Callable[[], object]) -> int:
    """Runs a verb and gives its exit code; what it raised becomes a sentence. KEYTURN's own bugs name their class.

    Set PYTHONDEVMODE=1 to see the traceback of a bug.
    """
    try:
        verb()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else Exit.OK if ending.code is None else Exit.FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (`| head`). Python would complain once more while it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:
        text, code = explained(error)
        print(_safe(text), file=sys.stderr)  # noqa: T201 - standard error is where a verb says why it failed
        if text.startswith("Something is wrong in Keyturn") and sys.flags.dev_mode:
            raise
        return code
    return Exit.OK


def explained(error: Exception) -> tuple[str, Exit]:
    """The sentence and the code of an exception. Imports late: `keyturn version` needs none of this."""
    if isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        return explained(error.exceptions[0])
    if isinstance(error, Ending):
        return str(error), error.code
    from bot.settings_problem import SettingsProblem

    if isinstance(error, SettingsProblem):
        return str(error), Exit.SETTINGS
    from integrations.base import SystemFault, Unavailable

    if isinstance(error, Unavailable):
        return f"{error.system} cannot be used right now: {error.reason}. Try again later, or run `keyturn doctor`.", Exit.DOWN
    if isinstance(error, SystemFault):
        return f"{error.system} said no: {error.reason}. `keyturn doctor` says what to change.", Exit.FAILED
    from storage.problems import DatabaseProblem

    if isinstance(error, DatabaseProblem):
        return str(error), Exit.DOWN if error.reason == "unreachable" else Exit.DATABASE
    from dialogs.errors import Declined

    if isinstance(error, Declined):
        return error.text, Exit.FAILED
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {(error.strerror or 'no reason given').lower()}.", Exit.FAILED
    return f"Something is wrong in Keyturn itself ({type(error).__name__}: {error}).", Exit.FAILED


def _safe(text: str) -> str:
    """Without secrets, whatever a library put into its exception."""
    from bot import settings
    from bot.redaction import Redactor

    try:
        return Redactor(settings.load().secrets()).redact(text)
    except settings.SettingsProblem:
        return Redactor().redact(text)
