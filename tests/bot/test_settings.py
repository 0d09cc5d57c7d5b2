"""Settings: what is accepted, what is refused, and in which words. A refused configuration never shows a secret."""

from __future__ import annotations

import os
from datetime import time
from pathlib import Path

import pytest

from bot import settings, settings_sources
from bot.settings import QuietHours, SettingsProblem, load

ROOT = Path(__file__).resolve().parents[2]

WHOLE = {
    "KEYTURN_DATABASE_URL": "postgres://keyturn:db-p4ss@db.example.com/keyturn",
    "KEYTURN_POLICY": "confluence",
    "KEYTURN_ADMINS": "Sam.Ortiz@example.com, lena.vogt@example.com",
    "KEYTURN_FALLBACK_OWNER": "Lena.Vogt@example.com",
    "KEYTURN_AUDIT_KEY": "an-audit-key-that-is-long-enough",
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_SIGNING_SECRET": "signing-secret-1",
    "OKTA_CLIENT_ORGURL": "https://example.okta.com/",
    "OKTA_CLIENT_TOKEN": "00okta-token",
    "SERVICENOW_URL": "https://example.service-now.com",
    "SERVICENOW_USER": "keyturn",
    "SERVICENOW_PASSWORD": "servicenow-p4ss",
    "CONFLUENCE_URL": "https://example.atlassian.net/wiki",
    "CONFLUENCE_USER": "keyturn@example.com",
    "CONFLUENCE_API_TOKEN": "confluence-t0ken",
    "CONFLUENCE_POLICY_PAGE_ID": "4711",
    "SMTP_HOST": "mail.example.com",
    "SMTP_FROM": "Keyturn <keyturn@example.com>",
    "SMTP_USERNAME": "keyturn",
    "SMTP_PASSWORD": "smtp-p4ss",
}
"""A complete production configuration."""

TEAMS = {"TEAMS_APP_ID": "app", "TEAMS_APP_PASSWORD": "teams-p4ss", "TEAMS_TENANT_IDS": "tenant-1"}


def sentences(env: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsProblem) as caught:
        load(env)
    return [problem.sentence for problem in caught.value.problems]


def test_a_complete_configuration_is_read_into_plain_values() -> None:
    s = load(WHOLE)
    assert s.admins == ("sam.ortiz@example.com", "lena.vogt@example.com")
    assert s.fallback_owner == "lena.vogt@example.com"
    assert s.okta_org_url == "https://example.okta.com"
    assert s.slack_api_url == "https://slack.com/api/"
    assert (s.smtp_tls, s.smtp_port) == ("starttls", 587)
    assert s.missing_for_serve() == ()
    assert s.slack_on
    assert s.okta_on
    assert s.servicenow_on
    assert s.confluence_on
    assert s.smtp_on
    assert not s.teams_on
    assert not s.socket_mode
    assert not s.local_only


def test_defaults_are_those_of_the_interface() -> None:
    s = load({})
    assert (s.host, s.port, s.database_url, s.model) == ("127.0.0.1", 3978, "sqlite://keyturn.db", "offline")
    assert (s.mode, s.log_format, s.breaker, s.timezone, s.quiet_hours) == ("observe", "console", 100, "UTC", None)
    assert (s.okta_reset_method, s.okta_authorization_mode) == ("reset_password", "SSWS")
    assert (s.servicenow_close_code, s.servicenow_tickets) == ("Solved (Permanently)", "all")
    assert s.teams_login_url == "https://login.microsoftonline.com"


def test_without_anything_every_missing_piece_of_serve_is_named_at_once() -> None:
    assert [p.name for p in load({}).missing_for_serve()] == [
        "SLACK_BOT_TOKEN", "OKTA_CLIENT_ORGURL", "KEYTURN_POLICY", "KEYTURN_AUDIT_KEY", "KEYTURN_FALLBACK_OWNER", "KEYTURN_ADMINS"
    ]  # fmt: skip


def test_teams_alone_is_a_chat() -> None:
    assert "SLACK_BOT_TOKEN" not in [p.name for p in load(TEAMS).missing_for_serve()]


def test_sharepoint_comes_later(tmp_path: Path) -> None:
    found = {p.sentence for p in load(WHOLE | {"KEYTURN_POLICY": "sharepoint"}).missing_for_serve()}
    assert found == {"KEYTURN_POLICY is sharepoint, which comes in a later version; use file:PATH or confluence."}


def test_a_policy_file_that_is_not_there_stops_serve_only(tmp_path: Path) -> None:
    missing = tmp_path / "policy.md"
    s = load(WHOLE | {"KEYTURN_POLICY": f"file:{missing}"})
    assert [p.sentence for p in s.missing_for_serve()] == [f"KEYTURN_POLICY names the file {missing}, which is not there."]
    missing.write_text("# Policy\n")
    assert s.missing_for_serve() == ()


BAD: list[tuple[dict[str, str], str]] = [
    ({"KEYTURN_PORT": "http"}, 'KEYTURN_PORT must be a whole number from 0 to 65535, not "http".'),
    ({"KEYTURN_PORT": "70000"}, 'KEYTURN_PORT must be a whole number from 0 to 65535, not "70000".'),
    ({"KEYTURN_PROT": "3978"}, "KEYTURN_PROT is unknown; the nearest known name is KEYTURN_PORT."),
    ({"KEYTURN_ADMIN": "a@example.com"}, "KEYTURN_ADMIN is unknown; the nearest known name is KEYTURN_ADMINS."),
    ({"KEYTURN_MODE_FILE": "/x"}, "KEYTURN_MODE_FILE is unknown: KEYTURN_MODE is no secret, set it itself."),
    ({"KEYTURN_MODE": "dry-run"}, 'KEYTURN_MODE must be observe or enforce, not "dry-run".'),
    ({"KEYTURN_ADMINS": "sam@example.com, lena"}, 'KEYTURN_ADMINS must be e-mail addresses separated by commas; "lena" is none.'),
    ({"KEYTURN_FALLBACK_OWNER": "the desk"}, 'KEYTURN_FALLBACK_OWNER must be an e-mail address, not "the desk".'),
    ({"KEYTURN_AUDIT_KEY": ""}, "KEYTURN_AUDIT_KEY is set but empty; give it a value, or remove the line."),
    ({"KEYTURN_AUDIT_KEY": "changeme"}, "KEYTURN_AUDIT_KEY is too short; use 16 characters or more."),
    ({"KEYTURN_DATABASE_URL": "mysql://db"}, "KEYTURN_DATABASE_URL must start with sqlite:// (then a file) or postgres:// (then user, host and database)."),
    (
        {"KEYTURN_DATABASE_URL": "sqlite://:memory:"},
        "KEYTURN_DATABASE_URL must name a file, as in sqlite://keyturn.db: a database in memory forgets every request.",
    ),
    ({"KEYTURN_MODEL": "gpt"}, 'KEYTURN_MODEL must be "offline" or a provider and a model such as openai:gpt-5-mini, not "gpt".'),
    ({"KEYTURN_POLICY": "wiki"}, 'KEYTURN_POLICY must be file:PATH, confluence or sharepoint, not "wiki".'),
    ({"KEYTURN_TIMEZONE": "Berlin"}, 'KEYTURN_TIMEZONE must be a time zone of the IANA database such as Europe/Berlin, not "Berlin".'),
    ({"KEYTURN_TIMEZONE": "../../etc/passwd"}, 'KEYTURN_TIMEZONE must be a time zone of the IANA database such as Europe/Berlin, not "../../etc/passwd".'),
    ({"KEYTURN_QUIET_HOURS": "20-7"}, 'KEYTURN_QUIET_HOURS must be two times such as 20:00-07:00, not "20-7".'),
    ({"KEYTURN_QUIET_HOURS": "07:00-07:00"}, "KEYTURN_QUIET_HOURS starts and ends at the same time; leave it out for none."),
    ({"SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET is set but empty; give it a value, or remove the line."),
    ({"SLACK_BOT_TOKEN": "xapp-1-swapped"}, "SLACK_BOT_TOKEN is not a bot token; those start with xoxb- (OAuth & Permissions)."),
    ({"SLACK_APP_TOKEN": "xoxb-1-swapped"}, "SLACK_APP_TOKEN is not an app-level token; those start with xapp- (Basic Information)."),
    ({"SLACK_API_URL": "https://slack.com"}, "SLACK_API_URL must end in /api/"),
    ({"SLACK_BOT_TOKEN": "xoxb-1 2"}, "SLACK_BOT_TOKEN holds a space or a line break; copy it again, in one piece."),
    (TEAMS | {"TEAMS_APP_PASSWORD": ""}, "TEAMS_APP_PASSWORD is not set: without it anybody could speak to the bot as anybody."),
    (TEAMS | {"TEAMS_TENANT_IDS": " "}, "TEAMS_TENANT_IDS is not set: name the tenants that are let in, your own first."),
    (TEAMS | {"TEAMS_APP_ID": ""}, "TEAMS_APP_ID is not set, but TEAMS_APP_PASSWORD is."),
    (TEAMS | {"TEAMS_SERVICE_HOSTS": "smba.example.com:443"}, 'TEAMS_SERVICE_HOSTS must be host names without scheme, port or path; "smba.example.com:443" has one.'),
    (
        {"OKTA_CLIENT_ORGURL": "http://example.okta.com"},
        "OKTA_CLIENT_ORGURL must start with https://; plain http is accepted to this machine (loopback) only.",
    ),
    ({"OKTA_CLIENT_ORGURL": "https://example-admin.okta.com"}, "OKTA_CLIENT_ORGURL is the address of the admin console; leave out -admin."),
    ({"OKTA_CLIENT_ORGURL": "https://{yourOktaDomain}"}, "OKTA_CLIENT_ORGURL still holds a placeholder or a space."),
    ({"OKTA_CLIENT_TOKEN": "SSWS00abc"}, "OKTA_CLIENT_TOKEN must be the token alone, without SSWS."),
    ({"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey"}, "OKTA_CLIENT_CLIENTID is not set; a private key needs the client it belongs to."),
    (
        {"OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey", "OKTA_CLIENT_CLIENTID": "c", "OKTA_CLIENT_PRIVATEKEY": "not-a-key-s3cret"},
        "OKTA_CLIENT_PRIVATEKEY is neither a PEM private key nor a JWK.",
    ),
    ({"SERVICENOW_URL": "https://keyturn:p4ss@example.service-now.com"}, "SERVICENOW_URL must not hold a user name or password; those have settings of their own."),
    ({"SERVICENOW_TICKETS": "some"}, 'SERVICENOW_TICKETS must be all or escalations, not "some".'),
    ({"CONFLUENCE_URL": "https://example.atlassian.net"}, "CONFLUENCE_URL must end in /wiki for Confluence Cloud."),
    ({"CONFLUENCE_POLICY_PAGE_ID": "Passwords"}, "CONFLUENCE_POLICY_PAGE_ID must be the number in the page's address."),
    ({"SMTP_TLS": "none"}, "SMTP_TLS is none, which is accepted to this machine (loopback) only; use starttls or tls."),
    ({"SMTP_TLS": "ssl"}, 'SMTP_TLS must be starttls, tls, none, not "ssl".'),
    ({"SMTP_FROM": ""}, "SMTP_FROM is not set, but SMTP_HOST is; every mail needs a sender."),
]


@pytest.mark.parametrize(("change", "sentence"), BAD, ids=lambda value: value[:60] if isinstance(value, str) else "")
def test_a_bad_configuration_is_refused_in_plain_words(change: dict[str, str], sentence: str) -> None:
    found = sentences(WHOLE | change)
    assert sentence in found
    for name in settings.secret_names():
        value = (WHOLE | change).get(name, "")
        if len(value) > 3:
            assert all(value not in line for line in found)


def test_every_problem_is_reported_in_one_go_in_the_order_of_the_settings() -> None:
    found = sentences(WHOLE | {"SMTP_TLS": "none", "KEYTURN_PORT": "x", "OKTA_CLIENT_TOKEN": "a b", "KEYTURN_MODUS": "y"})
    assert [line.split()[0] for line in found] == ["KEYTURN_MODUS", "KEYTURN_PORT", "OKTA_CLIENT_TOKEN", "SMTP_TLS"]


def test_a_half_configured_system_is_a_mistake_and_an_absent_one_is_off() -> None:
    assert sentences({"SMTP_FROM": "keyturn@example.com"}) == ["SMTP_HOST is not set, but SMTP_FROM is."]
    assert not load({}).smtp_on


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.9", "[::1]"])
def test_plain_http_and_empty_secrets_are_for_this_machine(host: str) -> None:
    s = load({
        "OKTA_CLIENT_ORGURL": f"http://{host}:8080", "OKTA_CLIENT_TOKEN": "",
        "SERVICENOW_URL": f"http://{host}:8081", "SERVICENOW_USER": "keyturn", "SERVICENOW_PASSWORD": "",
        "SMTP_HOST": host, "SMTP_TLS": "none", "SMTP_FROM": "keyturn@example.com", "SMTP_PASSWORD": "",
        "KEYTURN_AUDIT_KEY": "short",
    })  # fmt: skip
    assert s.local_only
    assert s.smtp_port == 25


def test_one_address_elsewhere_ends_the_leniency() -> None:
    assert "KEYTURN_AUDIT_KEY is too short; use 16 characters or more." in sentences({
        "KEYTURN_AUDIT_KEY": "short", "OKTA_CLIENT_ORGURL": "http://127.0.0.1:1", "OKTA_CLIENT_TOKEN": "t", "KEYTURN_HOST": "0.0.0.0",
    })  # fmt: skip
    assert sentences(TEAMS | {"TEAMS_APP_PASSWORD": "", "TEAMS_LOGIN_URL": "http://127.0.0.1:1"})


@pytest.mark.parametrize("host", ["127.0.0.1.example.com", "localhost.example.com", "2130706433", "0.0.0.0", "::"])
def test_what_only_looks_like_this_machine_is_not(host: str) -> None:
    assert not settings.is_loopback(host)


def test_a_private_key_without_a_mode_means_the_mode() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
    s = load({"OKTA_CLIENT_ORGURL": "https://example.okta.com", "OKTA_CLIENT_CLIENTID": "c", "OKTA_CLIENT_PRIVATEKEY": key})
    assert s.okta_authorization_mode == "PrivateKey"
    assert s.okta_private_key.get_secret_value() == key
    assert "okta.users.manage" in s.okta_scopes


def test_secrets_come_from_files_and_lose_one_line_end(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b" a key with spaces at both ends \n")
    s = load({"KEYTURN_AUDIT_KEY_FILE": str(file), "KEYTURN_HOST": "10.0.0.1"})
    assert s.audit_key.get_secret_value() == " a key with spaces at both ends "


def test_a_secret_given_twice_or_from_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    assert sentences({"KEYTURN_AUDIT_KEY": "x" * 20, "KEYTURN_AUDIT_KEY_FILE": "/f"}) == [
        "KEYTURN_AUDIT_KEY and KEYTURN_AUDIT_KEY_FILE are both set; keep one of them."
    ]
    assert sentences({"SLACK_BOT_TOKEN_FILE": str(tmp_path)}) == [f"SLACK_BOT_TOKEN_FILE names {tmp_path}, which cannot be read (is a directory)."]
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "which cannot be read (it is not UTF-8 text)." in sentences({"SMTP_PASSWORD_FILE": str(tmp_path / "binary")})[0]


def test_dotenv_fills_what_the_environment_leaves_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("KEYTURN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", "from the environment")
    monkeypatch.setenv("KEYTURN_PORT", "4000")
    monkeypatch.setenv("KEYTURN_AUDIT_KEY", "from-the-environment")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    Path(".env").write_text(
        "KEYTURN_PORT=5000\nKEYTURN_HOST=::1\nexport KEYTURN_MODE='enforce'\nKEYTURN_AUDIT_KEY_FILE=/nowhere\n"
        "SLACK_BOT_TOKEN=xoxb-$HOME-${x}\nSLACK_APP_TOKEN=xapp-1\nOPENAI_API_KEY=other\nOPENAI_BASE_URL=http://127.0.0.1:1\n"
    )
    s = load()
    assert (s.port, s.host, s.mode) == (4000, "::1", "enforce")
    assert s.audit_key.get_secret_value() == "from-the-environment"
    assert s.slack_bot_token.get_secret_value() == "xoxb-$HOME-${x}"
    assert os.environ["OPENAI_API_KEY"] == "from the environment"
    assert os.environ["OPENAI_BASE_URL"] == "http://127.0.0.1:1"
    assert "SLACK_BOT_TOKEN" not in os.environ


def test_an_unknown_name_in_dotenv_is_refused_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("KEYTURN_QUIET_HOUR=20:00-07:00\n")
    with pytest.raises(SettingsProblem, match="the nearest known name is KEYTURN_QUIET_HOURS"):
        load()


def test_a_misspelt_name_of_another_system_gets_a_hint() -> None:
    known, secrets = frozenset(settings.names()), settings.secret_names()
    hints = settings_sources.strangers({"SLACK_SIGNING_SECERT": "x", "HOME": "/", "SLACK_BOT_TOKEN": "x"}, known, secrets)
    assert hints == ["SLACK_SIGNING_SECERT is not used; did you mean SLACK_SIGNING_SECRET?"]


def test_no_secret_is_in_any_text_of_the_settings() -> None:
    s = load(WHOLE)
    told = f"{s!r} {s} {s.model_dump_json(exclude={'database_url'})}"
    secrets = s.secrets()
    assert len(set(secrets)) == 8
    assert all(secret not in told for secret in secrets)
    assert "db-p4ss" in secrets


def test_quiet_hours_go_over_midnight() -> None:
    night = load({"KEYTURN_QUIET_HOURS": "20:00-07:00"}).quiet_hours
    assert night == QuietHours(time(20), time(7))
    assert night is not None
    assert [night.contain(time(hour)) for hour in (19, 20, 0, 6, 7)] == [False, True, True, True, False]
    assert not QuietHours(time(9), time(17)).contain(time(17))


def test_the_sample_lists_every_setting_and_no_other() -> None:
    lines = (ROOT / ".env.sample").read_text().splitlines()
    listed = [line.lstrip("# ").partition("=")[0] for line in lines if line.lstrip("# ").partition("=")[0].isupper() and "=" in line]
    assert listed == list(settings.names())
    uncommented = [line for line in lines if line and not line.startswith("#")]
    assert uncommented == []
