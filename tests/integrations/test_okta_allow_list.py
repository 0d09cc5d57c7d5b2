"""Nothing but the allowed calls can leave, whatever the caller passes in."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import integrations.okta_calls as okta_calls
from integrations.base import Refused, SystemFault
from integrations.okta import Okta
from integrations.okta_calls import CALLS, may_leave
from integrations.okta_wire import NotAllowed, Wire
from tests.integrations.okta_pair import EMMA, PUSH, connected

STRANGE_IDS = [
    "me", "", "emma", "emma.clarke", "emma.clarke@example.com", "../users/00uravi0000000001h7", "..", ".", EMMA + "/..", EMMA + "?x=1",
    EMMA + "#", EMMA + "%2f..", EMMA + "\n", EMMA + " ", "00uеmma0000000001h7", "٠٠uemma000", "a" * 200, "x" * 20,
]  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE_IDS)
async def test_an_id_of_another_shape_is_refused_before_anything_is_sent(strange: str) -> None:
    async with connected() as (stand_in, okta):
        for call in (okta.account, okta.applications, okta.groups, okta.roles, okta.factors, okta.reset_password, okta.forgot_password,
                     okta.unlock, okta.revoke_sessions):  # fmt: skip
            with pytest.raises(Refused) as refused:
                await call(strange)
            assert refused.value.code == "shape"
        with pytest.raises(Refused):
            await okta.challenge(strange, PUSH)
        assert stand_in.calls == []


@pytest.mark.parametrize("strange", ["", "..", "a/b", "v2..x", "x?y", "%2e%2e", "v2mst.x/../../lifecycle", "x" * 300])
async def test_a_factor_a_transaction_or_a_group_of_another_shape_is_refused(strange: str) -> None:
    async with connected() as (stand_in, okta):
        with pytest.raises(Refused):
            await okta.challenge(EMMA, strange)
        with pytest.raises(Refused):
            await okta.challenge_state(EMMA, PUSH, strange)
        with pytest.raises(Refused):
            await okta.members(strange)
        assert stand_in.calls == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.one_of(st.text(max_size=30), st.sampled_from([*STRANGE_IDS, EMMA, PUSH, "v2mst.x"])), min_size=4, max_size=4))
async def test_whatever_goes_in_only_allowed_calls_come_out(words: list[str]) -> None:
    async with connected(attempts=1) as (stand_in, okta):
        for name, method in inspect.getmembers(okta, inspect.iscoroutinefunction):
            if name.startswith("_") or name == "health":
                continue
            wanted = list(inspect.signature(method).parameters.values())
            given_to_it = [datetime.now(UTC) if "datetime" in str(one.annotation) else word for one, word in zip(wanted, words, strict=False)]
            try:
                await method(*given_to_it)
            except SystemFault:
                pass  # refused, missing and unavailable are all fine here: what left is what counts
        for call in stand_in.calls:
            assert any(call.method == allowed.method and re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", allowed.path), call.path) for allowed in CALLS)
            if "password" in call.path:
                assert call.query == {"sendEmail": "true"}


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("DELETE", f"/api/v1/users/{EMMA}/factors/{PUSH}"),
        ("POST", f"/api/v1/users/{EMMA}/lifecycle/reset_factors"),
        ("POST", f"/api/v1/users/{EMMA}/lifecycle/reset_password"),
        ("POST", f"/api/v1/users/{EMMA}/lifecycle/reset_password?sendEmail=false"),
        ("POST", f"/api/v1/users/{EMMA}/lifecycle/reset_password?sendEmail=true&sendEmail=false"),
        ("POST", f"/api/v1/users/{EMMA}/lifecycle/expire_password_with_temp_password"),
        ("POST", f"/api/v1/users/{EMMA}/factors"),
        ("POST", f"/api/v1/users/{EMMA}"),
        ("PUT", f"/api/v1/users/{EMMA}"),
        ("POST", "/api/v1/users/me/lifecycle/reset_password?sendEmail=true"),
        ("POST", f"/api/v1/users/{EMMA}/../{EMMA}/lifecycle/unlock"),
        ("GET", "/api/v1/users/me"),
        ("GET", f"/api/v1/users/{EMMA} HTTP/1.1"),
        ("PUT", "/api/v1/groups/00gabc/users/" + EMMA),
        ("GET", "/oauth2/v1/token"),
    ],
)
def test_what_the_table_does_not_have(method: str, target: str) -> None:
    assert not may_leave(method, target)


def test_the_table_is_what_it_is() -> None:
    """A new call is a decision: change this on purpose."""
    assert sorted(f"{call.method} {call.path}" for call in CALLS if call.writes) == [
        "DELETE /api/v1/users/{user}/sessions",
        "POST /api/v1/users/{user}/credentials/forgot_password",
        "POST /api/v1/users/{user}/factors/{factor}/verify",
        "POST /api/v1/users/{user}/lifecycle/reset_password",
        "POST /api/v1/users/{user}/lifecycle/unlock",
        "POST /oauth2/v1/token",
    ]
    assert len(CALLS) == 17


async def test_the_wire_itself_refuses_what_the_table_does_not_have() -> None:
    async with connected() as (stand_in, okta):
        for url in (f"{stand_in.url}/api/v1/users/{EMMA}/factors", f"{stand_in.url}/api/v1/meta/schemas"):
            request: dict[str, Any] = {"method": "POST", "url": url, "headers": {}, "data": None, "form": {}}
            *_, error = await okta._transport._executor._http_client.send_request(request)
            assert isinstance(error, NotAllowed)
        assert stand_in.calls == []
        assert isinstance(okta._transport._executor._http_client, Wire)


def test_no_client_code_names_a_forbidden_part_of_okta() -> None:
    rooms = Path(okta_calls.__file__).parent
    for path in rooms.glob("okta*.py"):
        text = path.read_text()
        assert not re.search(r"okta\.(client|api|models)\b|reset_factors|UserFactorApi|sendEmail=false\"", text), path.name


def test_no_method_takes_a_recipient() -> None:
    for name in ("reset_password", "forgot_password"):
        assert list(inspect.signature(getattr(Okta, name)).parameters) == ["self", "user_id"]
