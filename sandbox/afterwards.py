"""After the scenes: what holds for all of them together, and how to go on by hand."""

from __future__ import annotations

import csv
import io
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.company import Company
from sandbox.ledger import RESET_EVENT
from sandbox.playing import Result

SETTINGS_FILE = "settings.sh"


async def record_rows(company: Company, results: Sequence[Result]) -> list[tuple[str, str, str, bool]]:
    """Lines of the closing table about the whole run: the record, every reset, what Slack would have refused, links."""
    code, out, err = await company.keyturn("audit", "verify")
    said = " ".join((out or err).split())
    rows = [("(audit log)", "the chain is whole", "the chain is whole" if code == 0 else said, code == 0)]
    code, out, err = await company.keyturn("requests", "export", "--csv", "--raw")
    exported = len(list(csv.DictReader(io.StringIO(out))))
    incidents = [i["correlation_id"] for i in company.servicenow.incidents if i["correlation_id"]]
    extra = len(incidents) - len(set(incidents))
    made = len([e for e in company.okta.log_entries if e["eventType"] == RESET_EVENT])
    counted, requests = sum(r.resets for r in results), sum(r.requests for r in results)
    rows.append((
        "(all together)", f"{requests} requests exported, {counted} resets in Okta, no incident twice",
        f"{exported} requests exported, {made} resets in Okta, {f'{extra} incidents twice' if extra else 'no incident twice'}",
        (exported, made, extra, code) == (requests, counted, 0, 0),
    ))  # fmt: skip
    faults = list(dict.fromkeys(company.slack.ws.faults))
    dropped = list(dict.fromkeys(company.botframework.tenant.faults))
    rows.append(("(Teams)", "nothing that Teams drops", "; ".join(dropped) or "nothing that Teams drops", not dropped))
    rows.append(("(Slack)", "nothing that Slack refuses", "; ".join(faults) or "nothing that Slack refuses", not faults))
    kept = [m for m in company.okta.outbox if any(m.link.rpartition("/")[2].encode() in blob for blob in _blobs(company.folder))]
    found = f"{len(kept)} links in rows or log" if kept else "no link in rows or log"
    rows.append(("(links)", "no link in rows or log", found, not kept))
    return rows


def _blobs(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir() if path.is_file()]


def what_runs(company: Company) -> str:
    """Addresses, and commands to try as they stand. Writes the settings of the process into its folder."""
    settings = write_settings(company)
    return "\n".join(["", "Everything stays up until Ctrl+C. What runs where:", "", *_addresses(company), "",
                      "Try it in another terminal:", "", *_commands(company), "", "Look with the command line of the running process:", "",
                      *_verbs(company, settings), ""])  # fmt: skip


def _addresses(company: Company) -> list[str]:
    where = {
        "Keyturn": f"{company.url}  (/healthz /readyz /status /metrics; Slack delivers to /slack/events, Teams to /api/messages)",
        "Slack": company.slack.url, "Teams": company.botframework.url, "Okta": company.okta.url, "ServiceNow": company.servicenow.url,
        "Confluence": company.confluence.url, "mail": f"smtp 127.0.0.1:{company.mail.smtp_port}, control {company.mail.url}",
        "log": str(company.said),
    }  # fmt: skip
    return [f"  {name:<11} {address}" for name, address in where.items()]


def tries(company: Company) -> dict[str, str]:
    """What a command does -> the command, for any shell with curl."""
    slack, okta = f"{company.slack.url}/_control", f"{company.okta.url}/_control"
    teams = f"{company.botframework.url}/_control"

    def post(address: str, body: str) -> str:
        return f"curl -s -X POST {address} -H 'Content-Type: application/json' -d {shlex.quote(body)}"

    def act(base: str, action: str, body: str) -> str:
        return post(f"{base}/act/{action}", body)

    return {
        "Sam writes to the bot": act(slack, "say", '{"person": "sam", "text": "I forgot my Payroll password"}'),
        "what Sam sees": act(slack, "transcript", '{"person": "sam"}'),
        "Sam confirms on the phone": act(okta, "push_approve", '{"person": "sam"}'),
        "Sam presses a button": act(slack, "press", '{"person": "sam", "label": "I didn\'t get it"}'),
        "Mallory opens the form": act(slack, "command", '{"person": "mallory"}'),
        "what the form asks": act(slack, "modal_of", '{"person": "mallory"}'),
        "Mallory sends it": act(slack, "fill", '{"person": "mallory", "values": {"account or app": "Payroll"}}'),
        "Ravi writes in Teams": act(teams, "say", '{"person": "ravi", "text": "I forgot my VPN password"}'),
        "Ravi presses a button there": act(teams, "press", '{"person": "ravi", "label": "Cancel request"}'),
        "what everybody sees in Teams": f"curl -s {teams}/state",
        "the incidents": f"curl -s {company.servicenow.url}/_control/state",
        "the mails": f"curl -s {company.mail.url}/_control/state",
        "Okta is down": post(f"{okta}/failures", '{"kind": "500"}'),
        "Okta works again": f"curl -s -X DELETE {okta}/failures",
    }


def _commands(company: Company) -> list[str]:
    return [line for what, command in tries(company).items() for line in (f"  # {what}", f"  {command}")]


def write_settings(company: Company) -> Path:
    """The environment of the process as a file for a shell. All secrets in it are made up."""
    path = company.folder / SETTINGS_FILE
    ours = {name: value for name, value in company.environment().items() if name not in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")}
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(ours.items())), encoding="utf-8")
    return path


def verb(company: Company, *arguments: str) -> str:
    """A command line for a verb of the running process."""
    return f"(cd {shlex.quote(str(company.folder))} && . ./{SETTINGS_FILE} && {shlex.join([sys.executable, '-m', 'bot', *arguments])})"


def _verbs(company: Company, settings: Path) -> list[str]:
    shown = (("requests", "list"), ("requests", "list", "--status", "Escalated"), ("audit", "verify"), ("policy", "show"), ("doctor",))
    return [f"  {verb(company, *arguments)}" for arguments in shown] + [f"  (the settings are in {settings})"]
