"""What `doctor` says of Okta: which right is missing, wrong apart from down, and how far the credential reaches."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.okta_health import NEEDED_SCOPES
from sandbox.okta import TOKEN
from tests.integrations.okta_pair import canned, client_of, connected

CANARY = "omar.haddad@example.com"


async def test_all_is_well() -> None:
    async with connected() as (stand_in, okta):
        health = await okta.health()
        assert (health.ok, health.kind, health.advice, len(health.checks)) == (True, "ok", "", 8)
        assert {call.method for call in stand_in.calls} == {"GET"}


async def test_a_wrong_token_is_a_matter_of_settings() -> None:
    async with connected(token="wrong-token-that-is-secret") as (_, okta):
        health = await okta.health()
        assert (health.ok, health.kind) == (False, "settings")
        assert "OKTA_CLIENT_TOKEN" in health.advice
        assert "secret" not in str(health)


@pytest.mark.parametrize("kind", ["500", "drop", "hang", "malformed", "429"])
async def test_down_is_not_wrong(kind: str) -> None:
    async with connected(deadline=0.2) as (stand_in, okta):
        stand_in.fail(kind)
        health = await okta.health()
        assert (health.ok, health.kind) == (False, "down")
        assert health.advice


async def test_down_in_the_middle_ends_the_questions() -> None:
    async with connected(deadline=0.8) as (stand_in, okta):
        stand_in.fail("hang", path="/roles")
        health = await okta.health()
        assert (health.ok, health.kind, len(stand_in.calls)) == (False, "down", 5)


async def test_another_server_than_okta_is_a_matter_of_settings() -> None:
    async with canned("<html>", 404) as (_, okta):
        health = await okta.health()
        assert (health.kind, "OKTA_CLIENT_ORGURL" in health.detail + health.advice) == ("settings", True)
    async with client_of("https://nowhere.invalid") as okta:
        assert (await okta.health()).kind == "down"


@pytest.mark.parametrize(("scope", "word"), [("okta.roles.read", "admin roles"), ("okta.logs.read", "System Log"), ("okta.groups.read", "groups")])
async def test_a_missing_right_has_a_name(scope: str, word: str) -> None:
    async with connected() as (stand_in, okta):
        stand_in.credentials.lacking.add(scope)
        health = await okta.health()
        assert (health.ok, health.kind) == (False, "settings")
        assert word in health.detail
        assert scope in health.advice
        assert sum(line.endswith(": ok") for line in health.checks) == 7


async def test_nobody_visible_is_a_missing_right() -> None:
    async with connected() as (stand_in, okta):
        stand_in.people.clear()
        health = await okta.health()
        assert (health.ok, health.kind) == (False, "settings")


async def test_scopes_that_were_not_asked_for_are_named() -> None:
    pem, public = key_pair()
    async with connected(client_id="0oak", private_key=pem, scopes=NEEDED_SCOPES[:1]) as (stand_in, okta):
        stand_in.credentials.register("0oak", public, NEEDED_SCOPES)
        health = await okta.health()
        assert health.kind == "settings"
        assert all(scope in health.advice for scope in NEEDED_SCOPES[1:])
        assert "PRIVATE" not in str(health)


async def test_a_canary_that_okta_protects() -> None:
    async with connected(canary_admin=CANARY) as (stand_in, okta):
        health = await okta.health()
        assert (health.ok, health.advice) == (True, "")
        assert "refuses its reset" in health.checks[-1]
        assert {call.method for call in stand_in.calls} == {"GET"}


async def test_a_canary_that_could_be_reset_is_said_and_never_tried() -> None:
    async with connected(canary_admin=CANARY) as (stand_in, okta):
        stand_in.manages_admins = True
        health = await okta.health()
        assert health.ok
        assert "would NOT refuse" in health.checks[-1]
        assert "resource set" in health.advice
        assert stand_in.called("POST", "/") == []


@pytest.mark.parametrize("address", ["emma.clarke@example.com", "una.bound@example.com"])
async def test_a_canary_that_is_none(address: str) -> None:
    async with connected(canary_admin=address) as (_, okta):
        health = await okta.health()
        assert health.ok
        assert "OKTA_CANARY_ADMIN" in health.advice


async def test_health_prints_no_credential() -> None:
    async with connected(canary_admin=CANARY) as (_, okta):
        assert TOKEN not in str(await okta.health())


def key_pair() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
