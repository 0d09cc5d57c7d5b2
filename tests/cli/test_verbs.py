"""The verbs from outside: exit codes, one sentence on standard error, nothing but the answer on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import world
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
KEY = {"KEYTURN_AUDIT_KEY": "an-audit-key-that-is-long-enough"}
ADMINS = {"KEYTURN_ADMINS": world.ADMIN.email, "KEYTURN_FALLBACK_OWNER": world.FALLBACK_OWNER.email}

REQUESTS = (
    "request_id,requester,summary,target_record,status,priority,decision,rationale,created_at,closed_at\n"
    'IT-7,emma.clarke@example.com,"=cmd()","Payroll",Completed,Medium,Approved,"Fine.",2026-05-18T09:15:00.000Z,2026-05-18T09:20:00.000Z\n'
)
EVENTS = (
    "event_id,request_id,actor,event_type,details,created_at\n"
    'EVT-1,IT-7,Password Reset Request Agent,Decision,"{""rule"":""16""}",2026-05-18T09:15:01.000Z\n'
    'EVT-2,IT-7,Password Reset Request Agent,Closure,"{}",2026-05-18T09:20:00.000Z\n'
)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    page = tmp_path / "policy.md"
    page.write_text(world.POLICY)
    return page


def test_help_shows_examples_and_exit_codes(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    for words in ("keyturn audit verify", "3 bad settings", "doctor", "policy", "requests"):
        assert words in ended.out
    assert "\x1b[" not in ended.out


@pytest.mark.parametrize("arguments", [["nonsense"], ["requests", "show"], ["requests", "list", "--status", "Lost"], ["audit", "verify", "--known", "1"]])
def test_usage_errors_exit_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).code == 2


@pytest.mark.parametrize("verb", [
    ["config", "check"], ["config", "show"], ["db", "check"], ["doctor"], ["serve"], ["requests", "list"], ["policy", "lint"], ["version"],
])  # fmt: skip
def test_bad_settings_exit_3_with_a_sentence_and_no_traceback(run: Run, verb: list[str]) -> None:
    ended = run(*verb, KEYTURN_PORT="x", SLACK_SIGNING_SECRET="s3cr3t value", SLACK_BOT_TOKEN="xoxb-1")
    assert ended.code == 3
    assert ended.err.splitlines() == [
        'KEYTURN_PORT must be a whole number from 0 to 65535, not "x".',
        "SLACK_SIGNING_SECRET holds a space or a line break; copy it again, in one piece.",
    ]
    assert "s3cr3t" not in ended.out + ended.err


def test_serve_names_everything_it_needs(run: Run) -> None:
    ended = run("serve")
    assert ended.code == 3
    assert [line.split()[0] for line in ended.err.splitlines()] == ["No", "Okta", "KEYTURN_POLICY", "KEYTURN_AUDIT_KEY", "KEYTURN_FALLBACK_OWNER", "KEYTURN_ADMINS"]


def test_config_check_and_show(run: Run, policy: Path) -> None:
    whole = {
        **KEY, **ADMINS, "KEYTURN_POLICY": f"file:{policy}", "SLACK_BOT_TOKEN": "xoxb-1-canary", "SLACK_APP_TOKEN": "xapp-1-canary",
        "OKTA_CLIENT_ORGURL": "https://example.okta.com", "OKTA_CLIENT_TOKEN": "okta-canary",
        "KEYTURN_DATABASE_URL": "postgres://keyturn:database-canary@db.example.com/keyturn",
    }  # fmt: skip
    assert run("config", "check", **whole).code == 0
    assert json.loads(run("config", "check", "--json", **whole).out) == {"ok": True, "problems": [], "hints": []}
    for arguments in (["config", "show"], ["config", "show", "--json"]):
        shown = run(*arguments, **whole)
        assert shown.code == 0
        assert "canary" not in shown.out
        assert "xoxb" not in shown.out
        assert world.ADMIN.email in shown.out
    values = json.loads(run("config", "show", "--json", **whole).out)
    assert values["KEYTURN_DATABASE_URL"] == "postgres://keyturn:********@db.example.com/keyturn"
    assert values["SLACK_BOT_TOKEN"] == "********"
    assert values["SLACK_SIGNING_SECRET"] == ""


def test_config_check_in_json_names_what_is_missing(run: Run) -> None:
    ended = run("config", "check", "--json", SLACK_APP_TOKN="x")
    told = json.loads(ended.out)
    assert ended.code == 3
    assert told["ok"] is False
    assert {problem["name"] for problem in told["problems"]} >= {"OKTA_CLIENT_ORGURL", "KEYTURN_AUDIT_KEY"}
    assert told["hints"] == ["SLACK_APP_TOKN is not used; did you mean SLACK_APP_TOKEN?"]


def test_config_schema_lists_every_setting(run: Run) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(run("config", "schema", "--json").out)
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    assert check.is_valid({"KEYTURN_PORT": "3978", "HOME": "/root", "SMTP_PASSWORD_FILE": "/run/secrets/smtp"})
    assert not check.is_valid({"KEYTURN_PROT": "3978"})
    assert "KEYTURN_QUIET_HOURS" in run("config", "schema").out


def test_db_check_upgrade_check(run: Run) -> None:
    assert run("db", "check").code == 5
    assert run("db", "upgrade").code == 0
    assert run("db", "upgrade").code == 0
    assert run("db", "check").code == 0


def test_a_database_that_cannot_be_reached_is_a_system_that_is_down(run: Run) -> None:
    ended = run("db", "check", KEYTURN_DATABASE_URL="postgres://keyturn:canary-p4ss@127.0.0.1:1/keyturn")
    assert ended.code == 4
    assert len(ended.err.splitlines()) == 1
    assert "canary" not in ended.err


def test_an_unknown_request_exits_1(run: Run) -> None:
    run("db", "upgrade")
    for arguments in (["requests", "show", "IT-9"], ["requests", "show", "IT-9", "--json"]):
        ended = run(*arguments)
        assert (ended.code, ended.out, ended.err) == (1, "", "There is no request IT-9.\n")


def test_requests_go_in_and_come_out_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text(REQUESTS)
    (tmp_path / "events.csv").write_text(EVENTS)
    assert run("requests", "import", "requests.csv", **KEY).code == 0
    assert run("audit", "import", "events.csv", **KEY).code == 0
    assert run("requests", "export", "--csv", "--raw").out == REQUESTS
    assert "\"'=cmd()\"" in run("requests", "export").out
    assert run("audit", "export", "--csv").out == EVENTS
    lines = [json.loads(line) for line in run("audit", "export").out.splitlines()]
    assert [line["event_id"] for line in lines] == ["EVT-1", "EVT-2"]
    assert all(line["hash"] for line in lines)
    shown = json.loads(run("requests", "show", "it-7", "--json").out)
    assert shown["request_id"] == "IT-7"
    assert shown["audit"][0]["details"] == {"rule": "16"}
    assert "agent_output" in shown
    assert "EVT-2" in run("requests", "show", "IT-7").out
    assert [row["request_id"] for row in json.loads(run("requests", "list", "--json").out)] == ["IT-7"]
    assert json.loads(run("requests", "list", "--status", "escalated", "--json").out) == []
    assert "IT-7" in run("requests", "list", "--status", "completed").out


def test_a_bad_import_changes_nothing_and_names_the_place(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade")
    (tmp_path / "bad.csv").write_text(REQUESTS + REQUESTS.splitlines()[1].replace("Completed", "Done").replace("IT-7", "IT-8") + "\n")
    ended = run("requests", "import", "bad.csv", **KEY)
    assert ended.code == 1
    assert "3" in ended.err
    assert "status" in ended.err
    assert json.loads(run("requests", "list", "--json").out) == []
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe")
    assert run("requests", "import", "latin.csv", **KEY).err == "latin.csv is not UTF-8 text (byte 0).\n"
    assert run("requests", "import", "nowhere.csv", **KEY).err == "nowhere.csv cannot be used: no such file or directory.\n"


def test_audit_verify_finds_a_change(run: Run, tmp_path: Path) -> None:
    import sqlite3

    (tmp_path / "events.csv").write_text(EVENTS)
    run("audit", "import", "events.csv", **KEY)
    good = run("audit", "verify", **KEY)
    assert good.code == 0
    assert json.loads(run("audit", "verify", "--json", **KEY).out)["intact"] is True
    noted = good.out.split()[-1]
    assert run("audit", "verify", "--known", noted, **KEY).code == 0
    with sqlite3.connect(tmp_path / "keyturn.db") as connection:
        connection.execute("UPDATE password_reset_audit_log SET actor = 'Nobody' WHERE event_id = 'EVT-2'")
    bad = run("audit", "verify", **KEY)
    assert bad.code == 1
    assert "EVT-2" in bad.err
    told = json.loads(run("audit", "verify", "--json", **KEY).out)
    assert (told["intact"], told["event_id"]) == (False, "EVT-2")


def test_verbs_that_need_the_audit_key_say_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    for arguments in (["audit", "verify"], ["audit", "import", "events.csv"], ["policy", "accept", "--by", world.ADMIN.email, "--yes"]):
        ended = run(*arguments, **ADMINS)
        assert ended.code == 3
        assert ended.err.startswith("KEYTURN_AUDIT_KEY is not set")


def test_policy_from_the_page_to_being_in_force(run: Run, policy: Path) -> None:
    env = {**KEY, **ADMINS, "KEYTURN_POLICY": "file:policy.md"}
    assert run("policy", "lint", **env).code == 0
    assert run("policy", "show", **env).code != 0
    fetched = json.loads(run("policy", "fetch", "--json", **env).out)
    assert fetched["in_force"] is False
    assert any("Payroll" in line for line in fetched["difference"])
    accepted = run("policy", "accept", "--by", world.ADMIN.email.upper(), "--yes", **env)
    assert accepted.code == 0
    assert fetched["revision"] in accepted.out
    shown = json.loads(run("policy", "show", "--json", **env).out)
    assert shown["revision"] == fetched["revision"]
    assert shown["accepted_by"] == world.ADMIN.email
    assert shown["rules"]["Self-service resets"] == "allowed"
    assert json.loads(run("policy", "fetch", "--json", **env).out)["in_force"] is True
    policy.write_text(world.POLICY.replace("| Self-service resets | allowed |", "| Self-service resets | not allowed |"))
    assert "Self-service resets: allowed -> not allowed" in run("policy", "fetch", **env).out
    assert json.loads(run("policy", "show", "--json", **env).out)["revision"] == fetched["revision"]
    assert "Payroll" in run("policy", "show", **env).out


def test_an_invalid_policy_page_is_named_row_by_row_and_never_accepted(run: Run, policy: Path) -> None:
    policy.write_text(world.POLICY.replace("| Payroll | Payroll | Standard |", "| Payroll | Payroll | Normal |"))
    env = {**KEY, **ADMINS, "KEYTURN_POLICY": "file:policy.md"}
    for arguments in (["policy", "lint"], ["policy", "fetch"], ["policy", "accept", "--by", world.ADMIN.email, "--yes"]):
        ended = run(*arguments, **env)
        assert ended.code == 1
        assert "Normal" in ended.err
        assert "Payroll" in ended.err
    assert json.loads(run("policy", "lint", "--json", **env).out)["ok"] is False
    assert run("policy", "lint", "policy.md").code == 1


def test_only_an_administrator_accepts_and_nobody_by_accident(run: Run, policy: Path) -> None:
    env = {**KEY, **ADMINS, "KEYTURN_POLICY": "file:policy.md"}
    ended = run("policy", "accept", "--by", "mallory.quinn@example.com", "--yes", **env)
    assert (ended.code, ended.err) == (1, "mallory.quinn@example.com is not in KEYTURN_ADMINS, so this can't be done in that name.\n")
    assert run("policy", "accept", "--by", world.ADMIN.email, **env).code == 2


def test_a_policy_file_that_is_gone(run: Run) -> None:
    env = {**KEY, **ADMINS, "KEYTURN_POLICY": "file:policy.md"}
    for arguments in (["policy", "lint"], ["policy", "fetch"]):
        ended = run(*arguments, **env)
        assert ended.code in (1, 4)
        assert len(ended.err.splitlines()) == 1
        assert "policy.md" in ended.err


def test_cancel_needs_an_administrator_and_a_reason(run: Run) -> None:
    run("db", "upgrade")
    ended = run("requests", "cancel", "IT-1", "--by", "mallory.quinn@example.com", "--reason", "x", **KEY, **ADMINS)
    assert ended.code == 1
    assert "KEYTURN_ADMINS" in ended.err
    assert run("requests", "cancel", "IT-1", "--by", world.ADMIN.email, "--reason", " ", **KEY, **ADMINS).code == 1
    assert run("requests", "cancel", "IT-1", "--by", world.ADMIN.email, **KEY, **ADMINS).code == 2
    unknown = run("requests", "cancel", "IT-1", "--by", world.ADMIN.email, "--reason", "a test", **KEY, **ADMINS)
    assert unknown.code == 1
    assert len(unknown.err.splitlines()) == 1
    assert "Something is wrong in Keyturn" not in unknown.err


def test_version_names_version_schema_and_model(run: Run) -> None:
    told = json.loads(run("version", "--json").out)
    assert told.keys() == {"version", "schema", "model"}
    assert told["model"] == "offline"


def test_a_bug_is_one_masked_sentence_without_a_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from bot.cli.ending import guarded

    monkeypatch.chdir(tmp_path)

    def verb() -> None:
        raise KeyError("xoxb-1-canary")

    assert guarded(verb) == 1
    assert capsys.readouterr().err == "Something is wrong in Keyturn itself (KeyError: '[masked]').\n"


def test_what_libraries_log_never_gets_into_an_answer(run: Run) -> None:
    import logging

    run("version")
    logging.getLogger("library").error("trouble with %s", "xoxb-1-canary")
    assert logging.getLogger().handlers
    assert json.loads(run("version", "--json").out)["model"] == "offline"


def test_text_of_people_cannot_drive_the_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text(REQUESTS.replace("Fine.", "\x1b]0;owned\x07[red]Fine[/red]"))
    assert run("requests", "import", "requests.csv", **KEY).code == 0
    shown = run("requests", "show", "IT-7").out
    assert "\x1b" not in shown
    assert "[red]Fine[/red]" in shown


def test_the_module_is_the_console_script_and_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", "")}
    command = f"{sys.executable} -m bot config schema"
    whole = subprocess.run(command, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (whole.returncode, whole.stderr) == (0, "")
    cut = subprocess.run(f"set -o pipefail; {command} | head -n 1", shell=True, executable="/bin/bash", cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (cut.returncode, cut.stderr) == (0, "")
