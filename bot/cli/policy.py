"""`keyturn policy`: read the page, see what it says, put a revision in force, ask why a request would be decided so.

All of it works beside a running `serve`, which follows at once.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import out
from bot.cli.ending import Ending, Exit

if TYPE_CHECKING:
    from agent.facts import Facts
    from agent.policy import Policy
    from agent.verdict import Verdict
    from bot.settings import Settings
    from dialogs.policy_in_force import Fetched, PolicyShelf

app = typer.Typer(no_args_is_help=True, help="Read, check, accept and explain the policy page.")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def lint(
    file: Annotated[Path | None, typer.Argument(help="A Markdown file instead of the configured source.")] = None,
    json: Json = False,
) -> None:
    """Check the page; every wrong row is named. Exit code 1 when there is one. Needs no database."""
    from agent.policy import PolicyInvalid
    from agent.policy_rules import parse
    from bot import settings, systems
    from integrations.policy_file import PolicyFile

    loaded = settings.load()
    source = PolicyFile(str(file)) if file else systems.policy_source(loaded)
    if source is None:
        raise _no_source()
    try:
        policy = parse(asyncio.run(source.fetch()), loaded.fallback_owner)
    except PolicyInvalid as invalid:
        problems = [str(problem) for problem in invalid.problems]
        if json:
            out.as_json({"ok": False, "problems": problems})
            raise typer.Exit(Exit.FAILED) from None
        raise Ending("\n".join(problems)) from None
    finally:
        source.close()
    if json:
        out.as_json({"ok": True, "problems": [], "revision": policy.revision})
    else:
        out.say(f"The policy page is valid: {len(policy.applications)} applications, revision {policy.revision}.")


@app.command()
def show(json: Json = False) -> None:
    """Print the policy in force: who accepted it, its rules and applications."""
    from bot import settings

    loaded = settings.load()

    async def work() -> tuple[Policy | None, dict[str, Any]]:
        from storage import moments, policies

        async with AsyncExitStack() as stack:
            shelf = await _shelf(loaded, stack, source=False)
            current = await shelf.current(moments.now())
            row = await policies.accepted()
            if row is None:
                return None, {}
            accepted = moments.write(row.accepted_at) if row.accepted_at else ""
            return current.policy, {
                "revision": row.revision, "title": row.title, "source": row.source, "accepted_by": row.accepted_by, "accepted_at": accepted,
                "seconds_since_fetch": int(current.age.total_seconds()) if current.age is not None else None,
            }

    policy, head = asyncio.run(work())
    if policy is None:
        raise Ending("No policy was accepted yet, so every request goes to a person: run `keyturn policy accept --by E-MAIL`.")
    rules, applications = tables(policy)
    if json:
        out.as_json({**head, "rules": rules, "applications": applications})
        return
    out.table(("field", "value"), [(name, str(value)) for name, value in head.items()])
    out.say("")
    out.table(("rule", "setting"), list(rules.items()))
    out.say("")
    out.table(("application", "okta label", "tier", "owner", "reset path"), [list(row.values()) for row in applications])


@app.command()
def fetch(json: Json = False) -> None:
    """Read the source now and keep a new valid revision aside until it is accepted. Exit code 1 for an invalid page."""
    from bot import settings

    loaded = settings.load()

    async def work() -> tuple[Fetched, list[str]]:
        async with AsyncExitStack() as stack:
            shelf = await _shelf(loaded, stack)
            return await _fetched(shelf)

    fetched, difference = asyncio.run(work())
    policy = _valid(fetched)
    if json:
        out.as_json({"revision": policy.revision, "in_force": not difference, "difference": difference})
    elif difference:
        out.say(f"Revision {policy.revision} was read. It takes effect when an administrator accepts it (`keyturn policy accept`):")
        out.say("\n".join(f"  {line}" for line in difference))
    else:
        out.say(f"Revision {policy.revision} was read; its rules are in force already.")


@app.command()
def accept(
    by: Annotated[str, typer.Option(metavar="E-MAIL", help="Who accepts it; an administrator.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Read the source, show what changes, and put the revision in force in the name of an administrator."""
    from bot.cli.opened import settings_with_key
    from bot.cli.requests import require_admin

    loaded = settings_with_key()
    require_admin(by, loaded.admins)
    if not yes and not sys.stdin.isatty():
        raise Ending("There is nobody to ask here; add --yes when you have seen the difference (`keyturn policy fetch`).", Exit.USAGE)

    async def work() -> str:
        async with AsyncExitStack() as stack:
            shelf = await _shelf(loaded, stack)
            fetched, difference = await _fetched(shelf)
            policy = _valid(fetched)
            out.say("\n".join(difference) if difference else "The rules are the same as those in force.")
            if not yes and not await asyncio.to_thread(typer.confirm, f"Put revision {policy.revision} in force?"):
                raise Ending("Nothing was changed.")
            await shelf.accept(policy.revision, by.strip().lower(), frozenset(loaded.admins))
            return policy.revision

    out.say(f"Revision {asyncio.run(work())} is in force, accepted by {by.strip().lower()}.")


@app.command()
def explain(
    requester: Annotated[str, typer.Option(metavar="E-MAIL", help="Who asks.")],
    target: Annotated[str, typer.Option(metavar="E-MAIL", help="Whose account; the same person for their own.")],
    app_name: Annotated[str, typer.Option("--app", metavar="NAME", help="Application, as Okta labels it.")],
    json: Json = False,
) -> None:
    """Say what would be decided, by which rule, and why. Okta is only read; nothing is changed."""
    from bot import settings, systems

    loaded = settings.load()

    async def work() -> tuple[Facts, Verdict]:
        from bot.cli.opened import database
        from bot.house import house
        from dialogs import explain

        async with database(loaded), systems.open_session(loaded) as session:
            connected = systems.build(loaded, session)
            try:
                looking = explain.Looking(house(loaded), connected.directory)
                return await explain.explain(requester.strip().lower(), target.strip().lower(), app_name.strip(), looking)
            finally:
                connected.close()

    facts, verdict = asyncio.run(work())
    told = {field.name: getattr(facts, field.name) for field in fields(facts) if field.name not in ("now", "sources")}
    known = {name: _fact(value) for name, value in told.items() if value is not None}
    if json:
        out.as_json({"verdict": verdict.as_row(), "facts": known})
        return
    out.say(f"{verdict.outcome.upper()} by rule {verdict.rule}: {verdict.rationale}")
    if verdict.effect is not None:
        out.say(f"effect: {verdict.effect}")
    if verdict.owner:
        out.say(f"owner: {verdict.owner}, priority {verdict.priority}")
    if verdict.policy_revision:
        out.say(f"policy: {verdict.policy_revision}{', ' + verdict.section if verdict.section else ''}")
    for note in verdict.notes:
        out.say(note)
    out.say("")
    out.table(("fact", "value"), [(name, value) for name, value in known.items() if value])


def tables(policy: Policy) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The rules by their names on the page, and the application rows, as text."""
    from agent.policy_diff import said
    from agent.policy_rules import RULE_NAMES

    rules = {rule: said(name, getattr(policy, name)) for name, rule in RULE_NAMES.items()}
    columns = ("application", "okta_label", "tier", "owner", "reset_path")
    return rules, [{column: str(getattr(row, column)) for column in columns} for row in policy.applications]


async def _shelf(settings: Settings, stack: AsyncExitStack, *, source: bool = True) -> PolicyShelf:
    """The shelf over an open database, which `stack` closes."""
    from bot import systems
    from bot.cli.opened import database
    from dialogs.policy_in_force import PolicyShelf

    origin = systems.policy_source(settings) if source else None
    if source and origin is None:
        raise _no_source()
    if origin is not None:
        stack.callback(origin.close)
    await stack.enter_async_context(database(settings, create=source))
    return PolicyShelf(origin, settings.fallback_owner)


async def _fetched(shelf: PolicyShelf) -> tuple[Fetched, list[str]]:
    """What the source has now, and how it differs from what is in force."""
    from agent import policy_diff
    from storage import moments

    before = (await shelf.current(moments.now())).policy
    fetched = await shelf.fetch()
    return fetched, list(policy_diff.differences(before, fetched.policy)) if fetched.policy is not None else []


def _valid(fetched: Fetched) -> Policy:
    if fetched.error:
        raise Ending(fetched.error, Exit.DOWN)
    if fetched.policy is None:
        raise Ending("The policy page is invalid:\n" + "\n".join(fetched.problems))
    return fetched.policy


def _no_source() -> Exception:
    from bot.settings import Problem, SettingsProblem

    sentence = "KEYTURN_POLICY is not set: say where the policy page is, such as file:policy.md or confluence."
    return SettingsProblem([Problem("KEYTURN_POLICY", sentence)])


def _fact(value: Any) -> str:
    """A fact as a person writes it."""
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
