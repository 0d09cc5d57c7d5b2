"""What code sees in free text: other people, and secrets that nobody should have typed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.reading import MASK, addresses, mask_secrets, mentions_other

OWN = frozenset({"Emma.Clarke@example.com", "u0emma0001", "U0BOT00001"})


@pytest.mark.parametrize("text", [
    "bob@example.com", "Bob@EXAMPLE.com.", "(bob@example.com)", "<mailto:bob@example.com|bob@example.com>", "'bob@example.com',",
    "bob (at) example.com", "bob [at] example [dot] com", "bob{at}example(dot)com", "bob at example dot com", "bob @ example.com",
    "bob\uff20example\uff0ecom", "b\u200bob@exa\u00admple.com", "mailto:bob@example.com",
])  # fmt: skip
def test_an_address_is_seen_however_it_is_written(text: str) -> None:
    assert addresses(f"please reset {text} today") == {"bob@example.com"}


def test_international_domains_have_one_form() -> None:
    assert addresses("x@münchen.example") == addresses("x@XN--MNCHEN-3YA.example") == {"x@xn--mnchen-3ya.example"}


@pytest.mark.parametrize("text", [
    "log in at example.com", "meet @ 10.30", "user@host", "look at www.example.com/@team", "a@", "@b.example", "", "password is p@ss",
    "the mail came from no-reply@okta.example.com",
])  # fmt: skip
def test_what_is_nobodys_address(text: str) -> None:
    assert addresses(text) == frozenset()


def test_others_are_told_from_oneself() -> None:
    assert not mentions_other("I am emma.clarke@example.com, <@U0EMMA0001>, asking <@U0BOT00001|keyturn>", OWN)
    assert mentions_other("for bob (at) example.com", OWN)
    assert mentions_other("for <@U0RAVI0001> please", OWN)
    assert mentions_other("for <@W0RAVI0001|ravi>", OWN)
    assert mentions_other("emma.clarke+x@example.com", OWN)
    assert mentions_other("\u0435mma.clarke@example.com", OWN), "a Cyrillic look-alike is another address"
    assert not mentions_other("I forgot my Payroll password", frozenset())


SECRETS = {
    "my password is hunter2": "my password is [removed]",
    "My password is swordfish": "My password is [removed]",
    "my old password was Fluffy, sorry": "my old password was [removed], sorry",
    "password: hunter2": "password: [removed]",
    "Passwort: Sommer2026": "Passwort: [removed]",
    "mein Passwort ist Geheim123": "mein Passwort ist [removed]",
    "pwd=abc123!": "pwd=[removed]",
    "password for Payroll is hunter2": "password for Payroll is [removed]",
    "the password I used is hunter2": "the password I used is [removed]",
    "my password is 'correct horse battery staple' and it fails": "my password is [removed] and it fails",
    "my password's hunter2": "my password's [removed]",
    "I changed my password to Winter2026!": "I changed my password to [removed]",
    "I tried Summer2026 as my password": "I tried [removed] as my password",
    "temp password Welcome123! for VPN": "temp password [removed] for VPN",
    "reset password: Winter2026!": "reset password: [removed]",
    "code 123456": "code [removed]",
    "my code is 123 456, quick": "my code is [removed], quick",
    "the verification code was 445566": "the verification code was [removed]",
    "G-123456 is your verification code": "[removed] is your verification code",
    "recovery code 8f3k-22kd-99sk": "recovery code [removed]",
    "my PIN is 4711": "my PIN is [removed]",
    " 123456 ": MASK,
    "see https://acme.okta.example.com/reset_password/XE6wE17zmphl3KqAPFxO": "see [removed]",
    "<https://x.example.com/go?token=abcdef123456|click>": "<[removed]|click>",
    "https://user:pw@host.example.com/": MASK,
    "xoxb-123456789-abcdefghijk": MASK,
}


@pytest.mark.parametrize(("text", "kept"), SECRETS.items())
def test_a_secret_is_masked_and_stays_masked(text: str, kept: str) -> None:
    assert mask_secrets(text) == (kept, True)
    assert mask_secrets(kept) == (kept, False)


@pytest.mark.parametrize("text", [
    "I forgot my password", "my password is expired", "My password is not working!", "password is wrong", "my password is incorrect.",
    "Is my password locked?", "The password is about to expire", "what is my password?", "my password isn't accepted", "Passwort vergessen",
    "mein Passwort ist abgelaufen", "Password reset: Payroll", "Reset password: Payroll", "forgot my Okta password: VPN", "password: forgot it",
    "please reset password Office365", "need a new password for SAP4HANA", "I changed my password to something new", "password to Payroll",
    "error code 500123", "error code E0000004", "I get code 403 when I sign in", "the code never arrives", "INC0012345 and IT-1048 are open",
    "my password was reset on 2026-05-18", "call me at 555 123 4567", "my password is rejected after 3 tries", "Password reset for emma@example.com",
    "see https://wiki.example.com/how-to-reset-password and https://wiki.example.com/display/IT/Password+Reset+Policy",
    "my password manager lost it", "passwords are hard", "", "Payroll",
])  # fmt: skip
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert mask_secrets(text) == (text, False)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["my password is ", "code ", "https://a.example.com/reset/", "", "bob (at) "]))
def test_no_text_makes_a_reader_fail(text: str, before: str) -> None:
    masked, changed = mask_secrets(before + text)
    assert changed == (masked != before + text)
    assert isinstance(mentions_other(before + text, OWN), bool)


@pytest.mark.parametrize("piece", ["password ", "a", '"', "password is ", "code 12 34 ", "https://", "<@U", "a@", "a.", "x at b dot ", "[ at ]", "1234 is my ",
                                   "-----BEGIN PRIVATE KEY-----"])  # fmt: skip
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text = (piece * 40_000)[:40_000]
    started = time.perf_counter()
    mask_secrets(text)
    mentions_other(text, OWN)
    assert time.perf_counter() - started < 3
