"""`keyturn manifest`: the app manifest for this deployment."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from bot.cli import out
from bot.cli.ending import Ending, Exit

PACKAGE = "keyturn-teams.zip"

app = typer.Typer(no_args_is_help=True, help="Write the manifest to create or update the chat app with.")


@app.callback()
def family() -> None:
    """Write the manifest to create or update the chat app with."""


@app.command()
def slack(
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write manifest.json there instead of to standard output.")
    ] = None,
    url: Annotated[
        str, typer.Option("--url", metavar="ADDRESS", help="Public https address of this process: HTTP instead of Socket Mode.")
    ] = "",
) -> None:
    """The Slack app manifest: paste it at "Create an app, from a manifest". Socket Mode unless --url is given."""
    from manifest import build

    _https("--url", url)
    text = json.dumps(build.slack(url), indent=2, ensure_ascii=False) + "\n"
    if folder is None:
        out.exact()
        out.write(text)
        return
    out.say(f"Wrote {_written(folder / 'manifest.json', text.encode())}.")


@app.command()
def teams(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help=f"Write {PACKAGE} there.")] = Path(),
    url: Annotated[
        str, typer.Option("--url", metavar="ADDRESS", help="Public https address of this process: its host becomes a valid domain.")
    ] = "",
    company: Annotated[str, typer.Option("--company", metavar="NAME", help="Who people see behind the app; 32 characters.")] = "",
    website: Annotated[
        str, typer.Option("--website", metavar="ADDRESS", help="Its https address; /privacy and /terms are linked below it.")
    ] = "",
) -> None:
    """The Teams app package (a zip): upload it in the Teams admin center, or to yourself under Apps, Manage your apps."""
    from bot import settings
    from manifest import build

    for option, value in (("--url", url), ("--website", website)):
        _https(option, value)
    if len(company) > 32:
        raise Ending("--company may have 32 characters at the most.", Exit.USAGE)
    app_id = settings.load().teams_app_id
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", app_id):
        said = "is not set" if not app_id else "is no app id (GUID)"
        raise Ending(f"TEAMS_APP_ID {said}: register the bot first, then set its Microsoft app id.", Exit.SETTINGS)
    package = build.teams(app_id, developer=company, website=website, public_url=url)
    at = url.rstrip("/") or "https://YOUR-ADDRESS"
    out.say(f"Wrote {_written(folder / PACKAGE, package)}. The bot's messaging endpoint is {at}/api/messages.")
    if not website:
        out.say("Its addresses are placeholders at example.com; give yours with --website (and --company) before other people see it.")


def _https(option: str, value: str) -> None:
    if value and (urlsplit(value).scheme != "https" or not urlsplit(value).hostname):
        raise Ending(f"{option} must be a public https address, such as https://keyturn.example.com.", Exit.USAGE)


def _written(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise Ending(f"{path.parent} cannot be written to: {(error.strerror or 'no reason given').lower()}.") from error
    return path
