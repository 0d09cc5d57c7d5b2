"""The console script `keyturn`: one verb or family a file. Verbs import what they need when they run."""

from __future__ import annotations

import sys

import typer

from bot.cli import audit, config, db, manifest, policy, requests
from bot.cli.decide import approve, reject, send_back, unfreeze
from bot.cli.demo import demo
from bot.cli.doctor import doctor
from bot.cli.ending import guarded
from bot.cli.serve import serve
from bot.cli.version import version

EPILOG = """\
[bold]Examples[/bold]

keyturn demo

keyturn config check && keyturn doctor && keyturn serve

keyturn policy accept --by admin@example.com

keyturn requests list --status Escalated --json

keyturn audit verify

[bold]Exit codes[/bold]

0 ok, 1 failed, 2 usage, 3 bad settings, 4 a system is down,
5 the database needs upgrading
"""

app = typer.Typer(
    name="keyturn",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def before() -> None:
    """Password reset requests, resolved where people already are."""
    # What libraries log goes to standard error, masked, and only when something is wrong; serve sets up its own.
    import logging

    from bot import logs, settings
    from bot.redaction import Redactor

    try:
        redactor = logs.redactor_for(settings.load())
    except settings.SettingsProblem:
        redactor = Redactor()  # the verb itself says what is wrong
    logs.configure("console", redactor=redactor, level=logging.ERROR, libraries=logging.ERROR)


app.command()(demo)
app.command()(serve)
app.command()(doctor)
app.command()(version)
app.command()(approve)
app.command()(reject)
app.command(name="return")(send_back)
app.command()(unfreeze)
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")
app.add_typer(policy.app, name="policy")
app.add_typer(requests.app, name="requests")
app.add_typer(audit.app, name="audit")
app.add_typer(manifest.app, name="manifest")


def main() -> None:
    """Runs the verb of the command line and exits with its code (interface, section 1)."""
    sys.exit(guarded(lambda: app(prog_name="keyturn")))
