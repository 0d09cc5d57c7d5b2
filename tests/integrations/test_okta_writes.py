"""What leaves for Okta to change something: once, in one shape, and without a trace of the link."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Awaitable, Callable

import pytest

from integrations.base import Missing, Refused, SystemFault, Unavailable
from integrations.okta import Okta
from integrations.okta_calls import FORGOT, RESET
from tests.integrations.okta_pair import EMMA, PUSH, Canned, canned, client_of, connected

Write = Callable[[Okta], Awaitable[object]]

WRITES: dict[str, Write] = {
    "reset_password": lambda okta: okta.reset_password(EMMA),
    "forgot_password": lambda okta: okta.forgot_password(EMMA),
    "unlock": lambda okta: okta.unlock(EMMA),
    "revoke_sessions": lambda okta: okta.revoke_sessions(EMMA),
    "challenge": lambda okta: okta.challenge(EMMA, PUSH),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


async def test_a_reset_is_mailed_by_okta_and_says_so() -> None:
    async with connected() as (stand_in, okta):
        await okta.reset_password(EMMA)
        (call,) = stand_in.calls
        assert (call.method, call.path, call.query, call.body) == (
            "POST", f"/api/v1/users/{EMMA}/lifecycle/reset_password", {"sendEmail": "true"}, None,
        )  # fmt: skip
        assert [mail.to for mail in stand_in.outbox] == ["emma.clarke@example.com"]
        assert stand_in.person("emma").status == "RECOVERY"


async def test_forgot_password_leaves_the_account_as_it_is() -> None:
    async with connected() as (stand_in, okta):
        await okta.forgot_password(EMMA)
        assert stand_in.calls[0].query == {"sendEmail": "true"}
        assert (stand_in.person("emma").status, len(stand_in.outbox)) == ("ACTIVE", 1)


async def test_unlock_and_the_end_of_sessions() -> None:
    async with connected() as (stand_in, okta):
        await okta.unlock(stand_in.person("lucy").id)
        assert stand_in.person("lucy").status == "ACTIVE"
        await okta.revoke_sessions(EMMA)
        assert (stand_in.calls[-1].method, stand_in.calls[-1].query, stand_in.calls[-1].status) == ("DELETE", {"oauthTokens": "true"}, 204)


@pytest.mark.parametrize("who", ["dora", "stan", "sune", "adam", "omar"])
async def test_a_reset_that_okta_refuses_says_why(who: str) -> None:
    async with connected() as (stand_in, okta):
        with pytest.raises(Refused) as refused:
            await okta.reset_password(stand_in.person(who).id)
        assert refused.value.status == 403
        assert refused.value.code in ("E0000038", "E0000017", "E0000006")
        assert refused.value.reference
        assert stand_in.outbox == []


async def test_an_account_that_is_gone_is_missing() -> None:
    async with connected() as (_, okta):
        with pytest.raises(Missing):
            await okta.reset_password("00ugone00000000001h7")


# ---------------------------------------------------------------- the link


@pytest.mark.parametrize("kind", ["reset_password", "forgot_password"])
async def test_the_link_is_nowhere_even_when_okta_returns_it(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("okta-sdk-python").setLevel(logging.DEBUG)
    async with connected() as (stand_in, okta):
        stand_in.leaks_links = True
        assert await WRITES[kind](okta) is None
        secret = stand_in.outbox[0].link.rsplit("/", 1)[1]
        assert secret not in caplog.text + repr(okta) + repr(vars(okta))


async def test_the_answer_of_a_reset_is_read_into_nothing() -> None:
    async with connected() as (stand_in, okta):
        stand_in.leaks_links = True
        for call in (RESET, FORGOT):
            stand_in.set_status("emma", "ACTIVE")
            answer = await okta._transport.send(call, call.filled(user=EMMA), left=5)
            assert (answer.text, answer.response._body, repr(answer)) == ("", None, "Answer(200)")


async def test_a_fault_around_a_reset_carries_no_body() -> None:
    body = json.dumps({"errorCode": "E0000009", "errorSummary": "see https://canary.example.com/link", "errorId": "oae1"})
    async with canned(body, 500) as (_, okta):
        with pytest.raises(Unavailable) as fault:
            await okta.reset_password(EMMA)
        assert "canary" not in "".join(traceback.format_exception(fault.value)) + repr(fault.value)
        assert (fault.value.reference, fault.value.sent) == ("oae1", True)


async def test_an_empty_or_broken_body_is_a_reset_all_the_same() -> None:
    for body in ("", "{", "<html>", "{}"):
        async with canned(body) as (stand_in, okta):
            await okta.reset_password(EMMA)
            assert len(stand_in.calls) == 1


# ---------------------------------------------------------------- once


@every_write
@pytest.mark.parametrize("kind", ["500", "503", "504", "drop"])
async def test_a_write_with_an_unknown_end_is_never_repeated(write: Write, kind: str) -> None:
    async with connected() as (stand_in, okta):
        stand_in.fail(kind, after=True)
        with pytest.raises(Unavailable) as fault:
            await write(okta)
        assert fault.value.sent
        sent = [call.method for call in stand_in.calls]
        # aiohttp repeats a DELETE over a broken connection; that one ends sessions, and ending them twice changes nothing
        assert sent == ["POST"] or (sent[0] == "DELETE" and len(sent) <= 1 + (kind == "drop"))


async def test_a_504_after_the_effect_resets_once() -> None:
    async with connected() as (stand_in, okta):
        stand_in.fail("504", after=True)
        with pytest.raises(Unavailable):
            await okta.reset_password(EMMA)
        assert len(stand_in.outbox) == 1


async def test_a_write_that_hangs_ends_at_the_deadline() -> None:
    async with connected(deadline=0.6) as (stand_in, okta):
        stand_in.fail("hang")
        faults = await asyncio.gather(*(write(okta) for write in WRITES.values()), return_exceptions=True)
        for fault in faults:
            assert isinstance(fault, Unavailable)
            assert fault.sent
            assert "no answer within" in fault.reason
        assert len(stand_in.calls) == len(WRITES)


@every_write
@pytest.mark.parametrize("kind", ["429", "429-bare", "concurrent"])
async def test_a_write_over_the_limit_was_not_sent(write: Write, kind: str) -> None:
    async with connected() as (stand_in, okta):
        stand_in.fail(kind)
        with pytest.raises(Unavailable) as fault:
            await write(okta)
        assert not fault.value.sent
        assert len(stand_in.calls) == 1
        assert (fault.value.retry_after is not None) == (kind == "429")


@every_write
async def test_a_refused_connection_sent_nothing(write: Write) -> None:
    gone = Canned()
    await gone.start()
    await gone.stop()
    async with client_of(gone.url) as okta:
        with pytest.raises(Unavailable) as fault:
            await write(okta)
        assert not fault.value.sent


async def test_cancelling_the_caller_cancels_the_call() -> None:
    async with connected() as (stand_in, okta):
        stand_in.fail("hang")
        task = asyncio.create_task(okta.reset_password(EMMA))
        while not stand_in.calls:  # noqa: ASYNC110 - the stand-in has no event for "something arrived"
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_redirect_is_refused_and_not_followed() -> None:
    async with connected() as (elsewhere, _), canned("", 307, {"Location": f"{elsewhere.url}/api/v1/users/{EMMA}"}) as (_, okta):
        for call in (okta.reset_password(EMMA), okta.account(EMMA)):
            with pytest.raises(SystemFault, match="elsewhere"):
                await call
        assert elsewhere.calls == []
