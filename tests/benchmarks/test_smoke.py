"""The benchmarks run, for a moment each; how fast anything is is no matter of tests."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import acknowledge, bare_bolt, load, resets, teams
from benchmarks.figures import Figure, percentile, ratios
from benchmarks.outside import employee
from benchmarks.processes import Broken

SECRET = "a signing secret"


def test_whole_resets_and_the_bare_calls_end_in_the_same_ledger() -> None:
    """Broken unless every link, mail and ticket of both sides is there."""
    figures = {figure.name: figure for figure in resets.measure(resets.Size(turns=1, people=2, warm_up=0))}
    assert figures["resets a second"].value > 0
    assert len(figures["CPU of a reset"].rounds) == 1


def test_submissions_are_acknowledged_and_their_rows_are_there() -> None:
    found = acknowledge.latency(acknowledge.Size(rounds=1, people=4, warm_up=2))
    assert 0 < found["ours p50"][0] <= found["ours p99"][0]
    assert found["bare p50"][0] > 0


def test_teams_bots_echo_and_submissions_are_accepted() -> None:
    """Broken unless every activity is taken and the last submission has its reference."""
    figures = {figure.name: figure for figure in teams.measure(teams.Size(rounds=1, turns=40, people=4, warm_up=2))}
    assert figures["Teams, turns a second"].value > 0
    assert figures["Teams, CPU of a submission"].value >= 0


async def test_the_load_is_signed_as_slack_signs_it() -> None:
    body = b"payload=%7B%7D"
    headers = load.signed(SECRET.encode(), body)
    text = b"v0:" + headers["X-Slack-Request-Timestamp"].encode() + b":" + body
    assert headers["X-Slack-Signature"] == "v0=" + hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


def test_the_bare_app_has_the_one_route_and_a_listener() -> None:
    settings = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_API_URL": "http://127.0.0.1:9/api/", "SLACK_SIGNING_SECRET": SECRET}
    app = bare_bolt.application(settings, before=False)
    assert {resource.canonical for resource in app.router.resources()} == {"/slack/events", "/readyz"}


def test_people_are_all_different() -> None:
    crowd = [employee(number) for number in range(3000)]
    for name in ("email", "slack", "okta"):
        assert len({getattr(one, name) for one in crowd}) == 3000


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.0, 1.0)])
def test_percentiles_are_values_that_were_measured(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


def test_a_figure_says_whether_its_target_is_met() -> None:
    assert Figure("one", "x", (1.0, 9.0, 2.0), 2.5).met
    assert not Figure("two", "x", (3.0,), 2.5).met
    assert Figure("three", "ms", (3.0,)).met is None
    assert ratios([4.0, 9.0], [2.0, 3.0]) == (2.0, 3.0)


def test_the_command_writes_a_table_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(command.MEASURES, "start", lambda quick: [Figure("start", "s", (1.0, 2.0), 3.0)])
    out = tmp_path / "deep" / "figures.json"
    assert command.main(["start", "--quick", "--out", str(out)]) == 0
    kept = json.loads(out.read_text())
    assert kept["quick"] is True
    assert kept["figures"][0]["median"] == 1.5
    assert "met" in capsys.readouterr().out


def test_what_cannot_be_measured_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(quick: bool) -> list[Figure]:
        raise Broken("the process was not ready")

    monkeypatch.setitem(command.MEASURES, "start", broken)
    assert command.main(["start", "--out", str(tmp_path / "none.json")]) == 1
    assert "was not ready" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_an_unknown_benchmark_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["speed"])
    assert ended.value.code == 2
