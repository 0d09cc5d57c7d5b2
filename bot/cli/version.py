"""`keyturn version`."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from bot.cli import out


def version(json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Print the version, the schema revision that it works with, and the configured model."""
    from bot import settings
    from storage import schema

    facts = {"version": installed(), "schema": schema.known()[-1], "model": settings.load().model}
    if json:
        out.as_json(facts)
    else:
        out.say("Keyturn {version}, schema {schema}, model {model}".format(**facts))


def installed() -> str:
    """The version of the installed package; "not installed" in a checkout that is run by `python -m bot` alone."""
    try:
        return metadata.version("keyturn")
    except metadata.PackageNotFoundError:
        return "not installed"
