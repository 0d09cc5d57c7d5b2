"""`keyturn manifest`: the app manifest for this deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from bot.cli import out
from bot.cli.ending import Ending, Exit

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

    if url and (urlsplit(url).scheme != "https" or not urlsplit(url).hostname):
        raise Ending("--url must be the public https address of this process, such as https://keyturn.example.com.", Exit.USAGE)
    text = json.dumps(build.slack(url), indent=2, ensure_ascii=False) + "\n"
    if folder is None:
        out.exact()
        out.write(text)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise Ending(f"{folder} cannot be written to: {(error.strerror or 'no reason given').lower()}.") from error
    out.say(f"Wrote {folder / 'manifest.json'}.")
