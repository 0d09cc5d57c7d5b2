"""The identity check through Okta: a push, its number, and nothing but a clear yes is a yes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from integrations.base import ChallengeState, Missing, Refused, Unavailable
from tests.integrations.okta_pair import EMMA, PUSH, canned, connected

RAVI = "00uravi0000000001h7"
POLL = f"https://example.okta.com/api/v1/users/{EMMA}/factors/{PUSH}/transactions/v2mst.GldKV5VxTrifyeZmWSQguA"


def waiting(**changes: Any) -> str:
    """An answer to a push in Okta's shape; the SDK cannot read it when it has a profile."""
    return json.dumps({
        "factorResult": "WAITING", "profile": {"credentialId": "emma.clarke@example.com"}, "expiresAt": "2026-05-18T09:20:00.000Z",
        "_links": {"poll": {"href": POLL, "hints": {"allow": ["GET"]}}}, "_embedded": {"challenge": {"correctAnswer": 72}}, **changes,
    })  # fmt: skip


async def test_the_right_number_is_a_yes() -> None:
    async with connected() as (stand_in, okta):
        challenge = await okta.challenge(EMMA, PUSH)
        assert stand_in.calls[0].body == {"useNumberMatchingChallenge": True}
        assert challenge.number == str(stand_in.pushes[0].number)
        assert challenge.expires_at > datetime.now(UTC)
        assert await okta.challenge_state(EMMA, PUSH, challenge.transaction_id) is ChallengeState.WAITING
        stand_in.push_approve("emma", challenge.number)
        assert await okta.challenge_state(EMMA, PUSH, challenge.transaction_id) is ChallengeState.SUCCESS


async def test_a_wrong_number_and_a_no_are_rejections_that_the_sdk_could_not_read() -> None:
    async with connected() as (stand_in, okta):
        for wrong_number in (True, False):
            challenge = await okta.challenge(EMMA, PUSH)
            if wrong_number:
                stand_in.push_approve("emma", "1")
            else:
                stand_in.push_reject("emma")
            assert await okta.challenge_state(EMMA, PUSH, challenge.transaction_id) is ChallengeState.REJECTED


async def test_nobody_answers() -> None:
    async with connected() as (_, okta):
        challenge = await okta.challenge(EMMA, PUSH)
        with time_machine.travel(challenge.expires_at):
            assert await okta.challenge_state(EMMA, PUSH, challenge.transaction_id) is ChallengeState.TIMEOUT


async def test_without_number_matching_a_plain_push_is_sent() -> None:
    async with connected() as (stand_in, okta):
        stand_in.number_matching = False
        challenge = await okta.challenge(EMMA, PUSH)
        assert [call.body for call in stand_in.calls] == [{"useNumberMatchingChallenge": True}, None]
        assert (challenge.number, len(stand_in.pushes)) == ("", 1)


async def test_a_factor_that_is_no_push_is_refused() -> None:
    async with connected() as (stand_in, okta):
        stand_in.set_factors("emma", ["sms"])
        with pytest.raises(Refused):
            await okta.challenge(EMMA, stand_in.person("emma").factors[0].id)
        assert stand_in.pushes == []


async def test_a_refusal_for_rights_is_not_asked_again_without_the_number() -> None:
    async with connected() as (stand_in, okta):
        stand_in.credentials.lacking.add("okta.users.manage")
        with pytest.raises(Refused) as refused:
            await okta.challenge(EMMA, PUSH)
        assert (refused.value.code, len(stand_in.calls)) == ("E0000006", 1)


async def test_a_transaction_belongs_to_one_person_and_factor() -> None:
    async with connected() as (stand_in, okta):
        challenge = await okta.challenge(EMMA, PUSH)
        stand_in.push_approve("emma")
        for person, transaction in ((RAVI, challenge.transaction_id), (EMMA, "v2mst.forged")):
            with pytest.raises(Missing):
                await okta.challenge_state(person, PUSH if person == EMMA else "opfravi0000001h7", transaction)


async def test_the_documented_answer_is_read() -> None:
    async with canned(waiting(), 201) as (_, okta):
        challenge = await okta.challenge(EMMA, PUSH)
        assert (challenge.number, challenge.transaction_id) == ("72", "v2mst.GldKV5VxTrifyeZmWSQguA")
        assert challenge.expires_at == datetime(2026, 5, 18, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", waiting(factorResult="SUCCESS"), waiting(factorResult="CHALLENGE"), waiting(_links=None), waiting(expiresAt="soon"),
     waiting(_links={"poll": {"href": POLL.replace(EMMA, RAVI)}}), waiting(_links={"poll": {"href": POLL.replace(PUSH, "opfother")}}),
     waiting(_links={"poll": {"href": "https://evil.example.com/"}})],
)  # fmt: skip
async def test_a_push_whose_answer_cannot_be_read_may_have_been_sent(body: str) -> None:
    async with canned(body, 201) as (stand_in, okta):
        with pytest.raises(Unavailable) as fault:
            await okta.challenge(EMMA, PUSH)
        assert fault.value.sent
        assert len(stand_in.calls) == 1


async def test_a_number_that_is_none_is_not_shown() -> None:
    for number in ("<!channel>", True, None, 12345, [7]):
        async with canned(waiting(_embedded={"challenge": {"correctAnswer": number}})) as (_, okta):
            assert (await okta.challenge(EMMA, PUSH)).number == ""


@pytest.mark.parametrize(
    ("word", "state"),
    [("REJECTED", "REJECTED"), ("CANCELLED", "REJECTED"), ("TIMEOUT", "TIMEOUT"), ("TIME_WINDOW_EXCEEDED", "TIMEOUT"), ("WAITING", "WAITING")],
)
async def test_what_is_not_a_yes(word: str, state: str) -> None:
    async with canned(json.dumps({"factorResult": word})) as (_, okta):
        assert await okta.challenge_state(EMMA, PUSH, "v2mst.x") == ChallengeState(state)


@pytest.mark.parametrize(
    "body", ['{"factorResult": "success"}', '{"factorResult": "ERROR"}', '{"factorResult": ["SUCCESS"]}', '{"factorResult": true}', "{}", "[]", ""]
)
async def test_every_doubt_is_a_fault_and_no_yes(body: str) -> None:
    async with canned(body) as (_, okta):
        with pytest.raises(Unavailable):
            await okta.challenge_state(EMMA, PUSH, "v2mst.x")
