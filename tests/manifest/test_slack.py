"""The Slack manifest is what Slack's schema allows, and asks for no more than it gives a reason for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from manifest import build

SPECS = Path(__file__).resolve().parents[2] / "../shared/specs"


@pytest.fixture
def validator() -> Draft7Validator:
    path = SPECS / "slack/manifest.schema.1.0.0.json"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("the official schemas are required in CI")
        pytest.skip("the official schemas are not on this machine")
    files = {p.name: json.loads(p.read_text()) for p in path.parent.glob("manifest.schema*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(content, default_specification=DRAFT7)) for name, content in files.items()
    )
    return Draft7Validator(files[path.name], registry=registry)


@pytest.mark.parametrize("url", ["", "https://keyturn.example.com"])
def test_both_variants_are_valid(validator: Draft7Validator, url: str) -> None:
    errors = [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(build.slack(url))]
    assert errors == []


def test_every_scope_has_a_reason_and_no_reason_is_left_over() -> None:
    assert set(build.slack()["oauth_config"]["scopes"]["bot"]) == set(build.SCOPES)


def test_socket_mode_names_no_address_and_http_names_ours() -> None:
    assert "request_url" not in json.dumps(build.slack())
    over_http = build.slack("https://keyturn.example.com/")
    assert over_http["settings"]["socket_mode_enabled"] is False
    assert over_http["features"]["slash_commands"][0]["url"] == "https://keyturn.example.com/slack/events"


def test_the_suggested_prompts_are_those_that_the_bot_sets() -> None:
    from cards import help as help_cards
    from cards.words import Words

    told = [(p["title"], p["message"]) for p in build.slack()["features"]["agent_view"]["suggested_prompts"]]
    assert told == list(help_cards.prompts(Words()))
