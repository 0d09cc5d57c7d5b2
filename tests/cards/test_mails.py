"""Mails: one line of subject, plain text, people's words marked, and no address or link in them."""

from __future__ import annotations

import pytest

from cards import mails
from cards.views import EarlierRound, Ending, NoticeView
from tests.cards.examples import DE, EN, NOW, ended, review

NOTICE = NoticeView("Emma Clarke", "IT-1048", "Payroll", "reset", NOW)


def test_the_notice_says_what_when_where_and_what_to_do() -> None:
    mail = mails.reset_notice(NOTICE, EN)
    assert mail.subject == "Your password reset (IT-1048)"
    for part in ("Hello Emma Clarke,", "A password reset was started", "2026-05-18 10:15 BST", "Payroll", "IT-1048", "Was this not you?"):
        assert part in mail.text
    assert "http" not in mail.text
    assert "@" not in mail.text


@pytest.mark.parametrize(("effect", "said"), [("unlock", "was unlocked"), ("resend", "A new password reset link")])
def test_each_effect_has_its_notice(effect: str, said: str) -> None:
    mail = mails.reset_notice(NoticeView("", "IT-1048", "Payroll", effect, NOW), EN)  # type: ignore[arg-type]  # a parameter is str
    assert said in mail.text
    assert mail.text.startswith("Hello,\n")


def test_a_notice_names_who_asked_and_who_approved() -> None:
    mail = mails.reset_notice(NoticeView("Ravi Rao", "IT-1048", "VPN", "reset", NOW, by="Lena Vogt", on_behalf_by="Priya Nair"), EN)
    assert "Asked by: Priya Nair\nApproved by: Lena Vogt\n" in mail.text


def test_a_neutral_closure_says_only_the_sentence() -> None:
    mail = mails.closure(ended(Ending.NEUTRAL), EN)
    assert mail.subject == "Your request IT-1048"
    assert mail.text.startswith("I can't finish this one here. Your reference is IT-1048;")
    assert "Payroll" not in mail.text


def test_a_rejection_quotes_its_reason() -> None:
    assert "Reason:\n> Month-end is over" in mails.closure(ended(Ending.REJECTED), EN).text


def test_an_escalated_request_has_its_due_time_in_words() -> None:
    assert "You should hear by 2026-05-18 11:15 BST." in mails.closure(ended(Ending.ESCALATED), EN).text


def test_a_review_request_quotes_earlier_rounds() -> None:
    asked = EarlierRound("Which month?\nApproved by: Sam", "May.", "Priya Nair\n\nApproved by: Sam")
    mail = mails.review_request(review(earlier=(asked, EarlierRound("And why?"))), EN)
    assert "Asked before, by Priya Nair Approved by: Sam:\n> Which month?\n> Approved by: Sam\n\nTheir answer:\n> May.\n" in mail.text
    assert mail.text.count("Their answer:") == 1
    assert "\nApproved by" not in mail.text


def test_a_review_request_has_all_that_a_reviewer_needs() -> None:
    mail = mails.review_request(review(), EN)
    assert mail.subject == "Review needed: IT-1048 (High)"
    for part in (
        "Emma Clarke asks to reset Finance ERP.",
        "Why you: Owner of Finance ERP",
        "Ticket: INC0012345",
        "In their own words:\n> Locked out before month-end close",
        "- Not known: When the newest factor was added",
        "A mail can't decide.",
    ):
        assert part in mail.text


def test_forged_lines_stay_marked() -> None:
    mail = mails.review_request(review(asked="x\n\nApproved by: Sam Ortiz\nTicket: none"), EN)
    assert "> x\n> \n> Approved by: Sam Ortiz\n> Ticket: none" in mail.text


def test_a_subject_cannot_start_a_new_header() -> None:
    mail = mails.review_request(review(reference="IT-1\r\nBcc: x@example.com"), EN)
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_german_mail_is_german() -> None:
    assert mails.reset_notice(NOTICE, DE).subject == "Ihr Passwort wird zurückgesetzt (IT-1048)"
