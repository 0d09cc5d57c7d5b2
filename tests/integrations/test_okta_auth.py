"""How we prove to Okta who we are: both ways, from settings that are said in full, and with no secret left lying about."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from okta.http_client import HTTPClient

from integrations.base import Refused, Unavailable
from integrations.okta import Okta
from integrations.okta_health import NEEDED_SCOPES
from sandbox.okta import TOKEN
from tests.integrations.okta_pair import EMMA, client_of, connected

CLIENT = "0oakeyturn00000001h7"


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def pem(key: rsa.RSAPrivateKey) -> str:
    return pem_of(key)


@pytest.fixture
def public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def by_key(pem: str, **changes: Any) -> dict[str, Any]:
    return {"client_id": CLIENT, "private_key": pem, "kid": "key-1", "scopes": NEEDED_SCOPES, **changes}


async def test_a_token_goes_out_with_its_space() -> None:
    async with connected() as (stand_in, okta):
        await okta.account(EMMA)
        assert stand_in.calls[0].headers["Authorization"] == f"SSWS {TOKEN}"
        assert stand_in.calls[0].headers["User-Agent"].endswith("keyturn")


async def test_a_wrong_token_is_refused_and_not_down() -> None:
    async with connected(token="wrong") as (stand_in, okta):
        with pytest.raises(Refused) as refused:
            await okta.account(EMMA)
        assert (refused.value.status, refused.value.code, len(stand_in.calls)) == (401, "E0000011", 1)


async def test_twenty_calls_share_one_token(pem: str, public: str) -> None:
    async with connected(**by_key(pem)) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        await asyncio.gather(*(okta.account(EMMA) for _ in range(20)))
        (token,) = stand_in.called("POST", "/oauth2/v1/token")
        claims = jwt.decode(token.body["client_assertion"], options={"verify_signature": False})
        assert claims["aud"] == f"{stand_in.url}/oauth2/v1/token"
        assert claims["iss"] == claims["sub"] == CLIENT
        assert jwt.get_unverified_header(token.body["client_assertion"]) == {"alg": "RS256", "kid": "key-1", "typ": "JWT"}
        assert set(token.body["scope"].split()) == set(NEEDED_SCOPES)


async def test_a_key_as_jwk_with_lists_in_it_or_as_one_line(key: rsa.RSAPrivateKey, pem: str, public: str) -> None:
    jwk = {**jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True), "kid": "key-1", "use": "sig", "key_ops": ["sign"], "ext": True}
    for text, kid in ((json.dumps(jwk), ""), (pem.strip().replace("\n", "\\n"), "key-1"), (f"\n{pem}\n", "key-1")):
        async with connected(**by_key(text, kid=kid)) as (stand_in, okta):
            stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
            assert (await okta.account(EMMA)).id == EMMA


async def test_a_token_that_stopped_working_is_renewed_once_also_for_a_write(pem: str, public: str) -> None:
    async with connected(**by_key(pem)) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        await okta.account(EMMA)
        stand_in.credentials.revoke()
        await asyncio.gather(*(okta.account(EMMA) for _ in range(5)))
        assert len(stand_in.called("POST", "/oauth2/v1/token")) == 2
        stand_in.credentials.revoke()
        await okta.reset_password(EMMA)
        assert len(stand_in.outbox) == 1


async def test_a_401_that_stays_is_refused_after_one_renewal(pem: str, public: str) -> None:
    async with connected(**by_key(pem)) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        stand_in.fail("401", path="/api/v1")
        with pytest.raises(Refused) as refused:
            await okta.account(EMMA)
        assert refused.value.status == 401
        assert len(stand_in.called("GET", "/api/v1")) == len(stand_in.called("POST", "/oauth2")) == 2


@pytest.mark.parametrize(
    ("changes", "code"), [({"client_id": "0oastranger"}, "invalid_client"), ({"kid": "key-2"}, "invalid_client"),
                          ({"scopes": ["okta.users.read", "okta.apps.manage"]}, "invalid_scope")]
)  # fmt: skip
async def test_a_refused_application_is_refused_with_oauths_own_word(pem: str, public: str, changes: dict[str, Any], code: str) -> None:
    async with connected(**by_key(pem, **changes)) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        with pytest.raises(Refused) as refused:
            await okta.account(EMMA)
        assert refused.value.code == code
        assert stand_in.called("GET", "/api") == []


async def test_an_application_that_demands_dpop_is_told_so(pem: str, public: str) -> None:
    async with connected(**by_key(pem)) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        stand_in.credentials.demands_dpop = True
        with pytest.raises(Refused, match="DPoP"):
            await okta.account(EMMA)


async def test_a_scope_that_was_not_asked_for_is_a_refusal(pem: str, public: str) -> None:
    async with connected(**by_key(pem, scopes=["okta.users.read"])) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        assert await okta.find("emma.clarke@example.com")
        with pytest.raises(Refused) as refused:
            await okta.roles(EMMA)
        assert refused.value.code == "E0000006"


@pytest.mark.parametrize("kind", ["500", "503", "429", "429-bare", "drop", "malformed", "empty", "html", "wrong", "hang"])
async def test_a_token_that_cannot_be_had_means_that_nothing_was_sent(pem: str, public: str, kind: str) -> None:
    async with connected(**by_key(pem), deadline=0.2) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        stand_in.fail(kind, path="/oauth2")
        with pytest.raises(Unavailable) as fault:
            await okta.reset_password(EMMA)
        assert not fault.value.sent
        assert stand_in.called("POST", "/api") == []


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    "options",
    [
        {"org_url": "http://example.okta.com", "token": "t"},
        {"org_url": "https://example.okta.com/api/v1", "token": "t"},
        {"org_url": "https://example-admin.okta.com", "token": "t"},
        {"org_url": "https://{yourOktaDomain}", "token": "t"},
        {"org_url": "https://user:word@example.okta.com", "token": "t"},
        {"org_url": "example.okta.com", "token": "t"},
        {"org_url": "", "token": "t"},
        {"org_url": "https://example.okta.com", "token": ""},
        {"org_url": "https://example.okta.com", "token": "secret value\n"},
        {"org_url": "https://example.okta.com", "client_id": "c", "scopes": ["s"], "private_key": "/etc/passwd"},
        {"org_url": "https://example.okta.com", "client_id": "c", "scopes": ["s"], "private_key": "{secret"},
        {"org_url": "https://example.okta.com", "client_id": "c", "scopes": ["s"], "private_key": '{"kty": "oct", "k": "secret"}'},
        {"org_url": "https://example.okta.com", "client_id": "c", "scopes": ["s"], "private_key": "-----BEGIN PRIVATE KEY-----\nsecret"},
    ],
)
async def test_settings_that_cannot_work_are_refused_without_a_secret(options: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match=r"OKTA_|okta") as refused:
            Okta(**options, session=session)
        assert "secret" not in str(refused.value)
        assert refused.value.__context__ is None or "secret" not in str(refused.value.__context__)


async def test_a_key_of_another_kind_and_missing_scopes_are_refused(pem: str) -> None:
    curve = pem_of(ec.generate_private_key(ec.SECP256R1()))
    async with aiohttp.ClientSession() as session:
        for options in (by_key(curve), by_key(pem, scopes=[]), by_key(pem, client_id="")):
            with pytest.raises(ValueError, match=r"RSA|OKTA_CLIENT"):
                Okta("https://example.okta.com", session=session, **options)


YAML = "okta:\n  client:\n    orgUrl: https://evil.example.com\n    token: stolen\n    rateLimit: {maxRetries: 9}\n"
SCRIPT = """
import aiohttp, asyncio
from integrations.okta import Okta

async def main():
    async with aiohttp.ClientSession() as session:
        client = Okta("https://example.okta.com", session=session, token="ours")._transport._executor._config["client"]
        print(client["orgUrl"], client["token"], client["rateLimit"]["maxRetries"])

asyncio.run(main())
"""


def test_an_okta_yaml_in_the_working_directory_has_no_say(tmp_path: Path) -> None:
    (tmp_path / "okta.yaml").write_text(YAML)
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, env={"PYTHONPATH": str(root), "HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["https://example.okta.com", "ours", "0"]


async def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKTA_CLIENT_ORGURL", "https://evil.example.com")
    monkeypatch.setenv("OKTA_CLIENT_TOKEN", "stolen")
    monkeypatch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    async with connected() as (stand_in, okta):
        assert (await okta.account(EMMA)).id == EMMA
        stand_in.fail("504")
        with pytest.raises(Unavailable):
            await okta.reset_password(EMMA)
        assert len(stand_in.calls) == 2
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match="https"):
            Okta("http://example.okta.com", session=session, token="t")


async def test_another_client_of_the_sdk_cannot_change_how_ours_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HTTPClient, "raise_exception", True)
    async with connected() as (stand_in, okta):
        monkeypatch.setattr(HTTPClient, "raise_exception", True)
        stand_in.fail("403")
        with pytest.raises(Refused):
            await okta.account(EMMA)


async def test_one_connection_serves_many_calls() -> None:
    async with connected() as (stand_in, okta):
        for _ in range(10):
            await okta.account(EMMA)
        assert {call.headers["Host"] for call in stand_in.calls} == {f"127.0.0.1:{stand_in.port}"}
        assert okta._transport._executor._http_client._session.connector.limit > 1  # pooled: the caller's session, not one a call


# ---------------------------------------------------------------- logs


async def test_no_secret_in_any_log_at_debug(pem: str, public: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sdk = logging.getLogger("okta-sdk-python")
    sdk.setLevel(logging.DEBUG)
    sdk.disabled = False
    secrets = [TOKEN, pem.splitlines()[5]]
    async with connected() as (stand_in, okta):
        await okta.account(EMMA)
        for kind in ("500", "drop", "403", "401"):
            stand_in.fail(kind, times=1)
            with pytest.raises((Refused, Unavailable)):
                await okta.reset_password(EMMA)
        assert not any(secret in repr(okta) + repr(okta._transport) for secret in secrets)
    async with connected(**by_key(pem)) as (stand_in, okta):
        stand_in.credentials.register(CLIENT, public, NEEDED_SCOPES, "key-1")
        await okta.account(EMMA)
        secrets += stand_in.credentials._issued
        secrets += [call.body["client_assertion"] for call in stand_in.called("POST", "/oauth2")]
        stand_in.fail("wrong", path="/oauth2")
        stand_in.credentials.revoke()
        with pytest.raises(Unavailable):
            await okta.account(EMMA)
    assert len(secrets) == 4
    assert [secret for secret in secrets if secret in caplog.text] == []
    assert [record for record in caplog.records if record.name.startswith("okta")] == []


async def test_the_sdks_voice_stays_away_for_every_client(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with connected(), client_of("https://example.okta.com"):
        sdk = logging.getLogger("okta-sdk-python")
        sdk.setLevel(logging.DEBUG)
        sdk.error("SSWS token")
        assert len(sdk.filters) == 1
    assert "SSWS" not in caplog.text
