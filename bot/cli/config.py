"""`keyturn config`: what is set, whether it can work, and what can be set. All offline."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit, urlunsplit

import typer

from bot.cli import out
from bot.cli.ending import Ending, Exit

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Look at the settings, offline.")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def check(json: Json = False) -> None:
    """Say what is wrong with the settings, and what serve still needs. Exit code 3 when there is something."""
    from bot import settings, settings_sources

    try:
        loaded = settings.load()
        problems = loaded.missing_for_serve()
    except settings.SettingsProblem as error:
        problems = error.problems
    hints = settings_sources.strangers(os.environ, frozenset(settings.names()), settings.secret_names())
    if json:
        out.as_json({"ok": not problems, "problems": [{"name": p.name, "sentence": p.sentence} for p in problems], "hints": hints})
        if problems:
            raise typer.Exit(Exit.SETTINGS)
        return
    for hint in hints:
        out.say(hint)
    if problems:
        raise Ending("\n".join(map(str, problems)), Exit.SETTINGS)
    out.say("The settings are complete. `keyturn doctor` asks the systems themselves.")


@app.command()
def show(json: Json = False) -> None:
    """Print every setting as it is in force; secrets are masked."""
    from bot import settings

    loaded = settings.load()
    values = shown(loaded)
    if json:
        out.as_json(values)
    else:
        out.table(("setting", "value"), [(name, _words(value)) for name, value in values.items()])


@app.command()
def schema(json: Json = False) -> None:
    """List every setting: name, default, meaning. --json prints a JSON Schema."""
    from bot import settings

    if json:
        out.as_json(json_schema())
        return
    secrets = settings.secret_names()
    rows = []
    for name, field in settings.names().items():
        info = settings.Settings.model_fields[field]
        rows.append((name + (" (or _FILE)" if name in secrets else ""), _words(plain(info.default)), info.description or ""))
    out.table(("setting", "default", "meaning"), rows)


def shown(loaded: Settings) -> dict[str, Any]:
    """Environment name -> value, secrets as "********", the password of a database address as well."""
    from bot import settings

    values = {}
    for name, field in settings.names().items():
        value = plain(getattr(loaded, field))
        values[name] = _without_password(value) if name == "KEYTURN_DATABASE_URL" else value
    return values


def json_schema() -> dict[str, Any]:
    """A JSON Schema of the environment: every value is text there, with its meaning and default beside it."""
    from bot import settings

    secrets = settings.secret_names()
    properties: dict[str, Any] = {}
    for name, field in settings.names().items():
        info = settings.Settings.model_fields[field]
        properties[name] = {"type": "string", "description": info.description}
        if name in secrets:
            properties[name]["writeOnly"] = True
            properties[name + "_FILE"] = {"type": "string", "description": f"A file that holds {name}"}
        if (default := _words(plain(info.default))) and info.default is not None:
            properties[name]["default"] = default
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Keyturn settings (environment)",
        "type": "object",
        "properties": properties,
        "patternProperties": {"^(?!KEYTURN_)": {}},
        "additionalProperties": False,
    }


def plain(value: Any) -> Any:
    """A setting as JSON can hold it, without what is secret."""
    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return "********" if value else ""
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int) or value is None else str(value)


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return "" if value is None else str(value)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    user_and_host = f"{parts.username}:********@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit((parts.scheme, user_and_host, parts.path, parts.query, parts.fragment))
