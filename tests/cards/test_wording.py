"""What requesters are told: nothing that tells cases apart, nothing that sounds like an error code."""

from __future__ import annotations

import json
import re

import pytest

from cards import block_kit, lists, mails, neutral, request
from cards.views import Ending, RequestLine, RequestView, Stage
from tests.cards import review_examples
from tests.cards.checks import texts
from tests.cards.examples import EN, ENDINGS, NOW, ended, for_requesters, view

BANNED = (
    "does not exist", "not found", "no such", "unknown user", "is registered", "is disabled", "is locked",
    "invalid e-mail", "wrong person", "suspicious", "denied by policy",
)  # fmt: skip
REQUESTERS = dict(for_requesters(EN))


@pytest.mark.parametrize("name", REQUESTERS)
def test_nothing_banned_is_said(name: str) -> None:
    said = " ".join(texts(block_kit.message(REQUESTERS[name]))).casefold()
    assert [words for words in BANNED if words in said] == []
    assert "@" not in said.replace("<!date", "")  # an address is never printed
    assert not re.search(r"\d{4}-\d\d-\d\dT", said)  # a moment is never shown raw


def test_nothing_banned_is_said_in_a_requester_s_detail() -> None:
    for name, page in review_examples.pages(EN):
        if name.startswith("own_detail"):
            said = " ".join(texts(block_kit.page_modal(page))).casefold()
            assert [words for words in BANNED if words in said] == []
            assert "@" not in said.replace("<!date", "")


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_names_the_reference_and_a_next_step(ending: Ending) -> None:
    card = request.progress(ended(ending), EN)
    assert "IT-1048" in card.summary or "IT-1048" in card.title
    named = "IT-1044" if ending is Ending.MERGED else "IT-1048"  # where the same is open
    assert named in request.outcome(ended(ending), EN).summary
    assert len(card.body) >= 2


def _cases() -> list[RequestView]:
    """The same ending after quite different stories."""
    return [
        view(ending=Ending.NEUTRAL, target=target, stage=stage, ticket=ticket, identity_needed=needed, again=again, can_cancel=can)
        for target, stage, ticket, needed, again, can in (
            ("Payroll", Stage.RECEIVED, "", True, False, False),
            ("somebody.else@example.com", Stage.CHECKING, "INC0012345", True, False, True),
            ("", Stage.IDENTITY, "INC0012346", True, True, False),
            ("Payroll", Stage.EFFECT, "", False, False, False),
        )
    ]


def test_neutral_endings_are_byte_identical() -> None:
    for surface in (request.progress, request.outcome):
        assert len({json.dumps(block_kit.message(surface(case, EN))) for case in _cases()}) == 1
    assert len({mails.closure(case, EN) for case in _cases()}) == 1


def test_the_progress_message_and_the_reply_are_the_same_neutral_card() -> None:
    case = _cases()[0]
    assert request.progress(case, EN) == request.outcome(case, EN) == neutral.card("IT-1048", case.nonce, EN)


def test_neutral_requests_look_alike_in_lists() -> None:
    rows = {
        lists.row(RequestLine("IT-1048", target, stage, Ending.NEUTRAL, NOW, can, "n"), EN)
        for target, stage, can in (("Payroll", Stage.CHECKING, False), ("", Stage.IDENTITY, True))
    }
    assert len(rows) == 1
    assert neutral.sentence("IT-1048", EN) in next(iter(rows)).detail


def test_the_neutral_sentence_is_the_ruled_one() -> None:
    assert neutral.sentence("IT-1048", EN).startswith("I can't finish this one here. Your reference is IT-1048; to reach a person, ")


def test_a_denial_is_asked_once_more_and_words_are_exact() -> None:
    card = request.progress(view(stage=Stage.IDENTITY, number="47"), EN)
    denial = next(action for node in card.body for action in getattr(node, "actions", ()) if action.verb == "not_me")
    assert denial.label == "This wasn't me"
    assert denial.confirm is not None


def test_steps_say_their_state_in_words() -> None:
    card = request.progress(view(stage=Stage.IDENTITY), EN)
    assert [(step.state, step.text) for step in card.body[0].steps] == [  # type: ignore[union-attr]  # the first node is the list of steps
        ("done", "Got your request"),
        ("done", "Checked your request"),
        ("now", "Confirming it's you"),
        ("next", "Send the reset"),
    ]
    assert request.progress(view(stage=Stage.CHECKING), EN).summary == "IT-1048: step 2 of 4. Checking your request."
