"""Log lines: no secret in any spelling, the request on each line, one event one line."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest
import structlog

from bot import logs, settings
from bot.redaction import Redactor

CANARY = 'c4nary/"value"&+\\end'
"""A secret with every character that some encoding writes differently."""

Lines = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    rooms = {name: logging.getLogger(name).level for name in logs.ROOMS}
    yield
    root.handlers[:] = before
    root.setLevel(level)
    for name, kept in rooms.items():
        logging.getLogger(name).setLevel(kept)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture(params=["console", "json"])
def lines(request: pytest.FixtureRequest) -> Lines:
    stream = io.StringIO()
    logs.configure(request.param, redactor=Redactor([CANARY]), libraries=logging.DEBUG, stream=stream)
    return lambda: stream.getvalue().splitlines()


def spellings(secret: str) -> list[str]:
    return [secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote_plus(secret), base64.b64encode(secret.encode()).decode()]


def test_a_secret_is_masked_wherever_it_is_and_however_it_is_written(lines: Lines) -> None:
    log = structlog.get_logger("bot.test")
    for written in spellings(CANARY):
        log.info("a line with %s", written)
        log.info("nested", inside={"deep": [{"er": written}]}, plain=written)
        logging.getLogger("urllib3").debug("GET /x?y=%s", written)
        try:
            raise RuntimeError(written)
        except RuntimeError:
            log.exception("failed")
            logging.getLogger("somebody").exception("failed as well")
    text = "\n".join(lines())
    assert "[masked]" in text
    assert not [written for written in spellings(CANARY) if written in text]


def test_a_private_key_is_masked_as_a_whole_and_line_by_line() -> None:
    body = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + str(n) for n in range(3)]
    key = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(body) + "\n-----END PRIVATE KEY-----\n"
    redact = Redactor([key]).redact
    assert redact(f"key: {key}!").count("MIIE") == 0
    assert body[1] not in redact(f"a traceback shows one line {body[1]}")


LOOKS = [
    ("Authorization: SSWS 00abcdef-ghi", "00abcdef"),
    ("{'Authorization': 'Bearer abc.def.ghi', 'x': 1}", "abc.def"),
    ("headers={'authorization': b'Basic dXNlcjpwYXNz'}", "dXNlcjpwYXNz"),
    ("posting with xoxb-123-456-abcDEF", "xoxb-123"),
    ("app token xapp-1-A1-2-abc", "xapp-1"),
    ("refreshed xoxe.xoxb-1-abc", "xoxe.xoxb-1"),
    ("assertion eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln", "eyJpc3"),
    ('{"resetPasswordUrl": "https://example.okta.com/reset_password/XE6wE17zmphl3KqAPFxO"}', "XE6wE17"),
    ("mailed https://example.okta.com/signin/reset-password/abc123 to them", "abc123"),
    ("token=gIkuvaNzQIHg97ATvDxqgjtO&team_id=T0001", "gIkuva"),
    ("POST body: text=hi&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1&trigger_id=13345224609.738474920", "738474920"),
    ("connecting to wss://wss.example.com/link/?ticket=1234-5678", "1234-5678"),
    ("postgres://keyturn:hunter2@db.example.com/keyturn", "hunter2"),
    ("X-Slack-Signature: v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503", "a2114d57"),
    ('{"client_secret":"s3cr3t","passCode": "123456"}', "123456"),
    ("{\\\"password\\\": \\\"hunter2\\\"}", "hunter2"),
]


@pytest.mark.parametrize(("line", "secret"), LOOKS)
def test_what_looks_like_a_credential_is_masked_without_being_known(line: str, secret: str) -> None:
    masked = Redactor().redact(line)
    assert secret not in masked
    assert Redactor().redact(masked) == masked


@pytest.mark.parametrize("line", [
    "I forgot my password for Payroll", "tokens: 812 in, 90 out", "password_reset_requests has 3 rows",
    "https://example.atlassian.net/wiki/spaces/IT/pages/4711", "IT-1048 moved from New to Triaging",
])  # fmt: skip
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert Redactor().redact(line) == line


def test_values_are_masked_by_their_names(lines: Lines) -> None:
    structlog.get_logger("bot.test").info("called", password="hunter2", nonce="abc", response={"access_token": "xyz", "expires_in": 60})
    text = "\n".join(lines())
    assert "hunter2" not in text
    assert "xyz" not in text
    assert "60" in text


def test_slack_bolts_line_about_a_bad_signature_loses_signature_and_body(lines: Lines) -> None:
    body = "text=my+colleague+said\nsomething"
    logging.getLogger("slack_bolt.middleware").info(
        f"Invalid request signature detected (signature: v0=abc, timestamp: 1, body: {body})"  # noqa: G004 - as slack-bolt does it
    )
    text = "\n".join(lines())
    assert "Invalid request signature detected" in text
    assert "colleague" not in text
    assert "something" not in text


def test_every_line_inside_names_its_request_also_those_of_libraries() -> None:
    stream = io.StringIO()
    logs.configure("json", stream=stream, libraries=logging.INFO)
    with logs.about("IT-1048"):
        structlog.get_logger("dialogs.desk").info("moved", status="Triaging")
        logging.getLogger("aiohttp.client").info("called")
    structlog.get_logger("bot.app").info("ready")
    found: list[dict[str, Any]] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["request_id"]) for line in found] == [("moved", "IT-1048"), ("called", "IT-1048"), ("ready", "")]
    assert found[0]["status"] == "Triaging"
    assert {"at", "level", "logger"} <= found[0].keys()


def test_one_event_is_one_line_whatever_people_write(lines: Lines) -> None:
    structlog.get_logger("bot.test").info("said\n2026-01-01 [info] forged", text="a\r\nb\u2028c\x1b[31m")
    logging.getLogger("library").warning("x\ny")
    assert len(lines()) == 2
    assert "\x1b[31m" not in "".join(lines())


def test_json_lines_stay_json_when_something_is_masked() -> None:
    stream = io.StringIO()
    logs.configure("json", redactor=Redactor([CANARY]), stream=stream)
    for line, _ in LOOKS:
        structlog.get_logger("bot.test").info("Body: " + json.dumps({"inner": line}), again=json.dumps(json.dumps({"password": CANARY})))
    for written in stream.getvalue().splitlines():
        json.loads(written)


def test_security_lines_are_marked() -> None:
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    logs.security("slack_signature_refused", remote="203.0.113.9")
    line = json.loads(stream.getvalue())
    assert (line["security"], line["logger"], line["level"], line["event"]) == (True, "keyturn.security", "warning", "slack_signature_refused")


def test_libraries_speak_from_warning_up_and_we_from_info_up() -> None:
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    for name in ("aiohttp.access", "bot.app", "slack_sdk"):
        logging.getLogger(name).debug("debug")
        logging.getLogger(name).info("info")
    assert [json.loads(line)["logger"] for line in stream.getvalue().splitlines()] == ["bot.app"]


def test_no_colour_without_a_terminal(lines: Lines) -> None:
    structlog.get_logger("bot.test").warning("plain")
    assert "\x1b" not in "".join(lines())


def test_the_redactor_of_settings_knows_secrets_and_basic_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-provider-key")
    s = settings.load({
        "KEYTURN_DATABASE_URL": "postgres://keyturn:p%40ssword@db.example.com/keyturn",
        "SERVICENOW_URL": "https://example.service-now.com", "SERVICENOW_USER": "keyturn", "SERVICENOW_PASSWORD": "servicenow-p4ss",
    })  # fmt: skip
    header = base64.b64encode(b"keyturn:servicenow-p4ss").decode()
    masked = logs.redactor_for(s).redact(f"{header} sk-provider-key p%40ssword p@ssword servicenow-p4ss")
    assert masked == " ".join(["[masked]"] * 5)
