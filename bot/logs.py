"""Log lines: one a thing that happened, for a terminal or as JSON, with the request it belongs to and no secret.

Everything passes here, also what libraries log through `logging`. Lines go to standard error, so that
exports and `--json` answers own standard output.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.redaction import Redactor, basic

if TYPE_CHECKING:
    from bot.settings import Settings

ROOMS = ("bot", "dialogs", "agent", "storage", "integrations", "cards", "manifest", "keyturn")
"""Loggers of our own; they speak from INFO up, libraries from WARNING up."""

_security = structlog.stdlib.get_logger("keyturn.security")


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Draws a line, and looks through the finished one a last time for configured secrets."""

    def __init__(self, redactor: Redactor, **options: Any) -> None:
        super().__init__(**options)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.known(super().format(record))


class _Masking:
    """Every value of an event, without secrets, and without line breaks that would make it look like two events."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        masked: EventDict = {}
        for name, value in event.items():
            if name == "event":
                # slack-bolt writes signature and body of a refused delivery: whoever knocks would write into our log.
                value = str(value).partition("Invalid request signature detected (")
                value = f"{value[0]}{value[1][:-2]}; signature and body left out" if value[1] else value[0]
            kept = self._redactor.value(name, value)
            masked[name] = kept.translate(_CONTROLS) if isinstance(kept, str) and name not in ("exception", "stack") else kept
        return masked


_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}


def configure(
    log_format: str = "console",
    *,
    redactor: Redactor | None = None,
    level: int = logging.INFO,
    libraries: int = logging.WARNING,
    stream: TextIO | None = None,
) -> None:
    """Sets up structlog and `logging` for this process; a second call replaces the first.

    `log_format` is console or json. `redactor` knows the configured secrets (`redactor_for`); without one,
    only what looks like a credential is masked.
    """
    stream = stream or sys.stderr
    redactor = redactor or Redactor()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        _request_first,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    draw: Processor = structlog.dev.ConsoleRenderer(colors=_colours(stream))
    if log_format == "json":
        draw = structlog.processors.JSONRenderer(ensure_ascii=False)
    drawn: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _Masking(redactor),
        draw,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter(redactor, foreign_pre_chain=shared, processors=drawn))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(libraries)
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)
    logging.captureWarnings(True)


def redactor_for(settings: Settings) -> Redactor:
    """Knows every secret of these settings, and the Basic headers made of them."""
    accounts = (
        (settings.servicenow_user, settings.servicenow_password),
        (settings.confluence_user, settings.confluence_api_token),
    )
    headers = tuple(basic(user, password.get_secret_value()) for user, password in accounts if password)
    return Redactor(settings.secrets() + headers + _provider_secrets(os.environ))


def _provider_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of model providers, which keep the names that their own libraries read."""
    return tuple(value for name, value in environment.items() if name.endswith(("_API_KEY", "_SECRET_ACCESS_KEY")) and value)


@contextmanager
def about(request_id: str, **more: Any) -> Iterator[None]:
    """Every line inside, also of libraries, names the request."""
    with structlog.contextvars.bound_contextvars(request_id=request_id, **more):
        yield


def security(event: str, **facts: Any) -> None:
    """One line for whoever watches: a refused signature, a foreign tenant, a guest, "This wasn't me".

    `facts` are ids and words of our own, never text of the sender.
    """
    _security.warning(event, security=True, **facts)


def _request_first(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """`request_id` is on each line, empty where none is known, so that collectors can index it."""
    event.setdefault("request_id", "")
    return event


def _colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")
