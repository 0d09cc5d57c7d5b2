"""What code reads in free text: whom it mentions, and secrets that should never have been typed.

The readings are cautious and best effort. They can leave "is this the requester's own account" open or mask a word too
many; nothing is ever permitted because of them.
"""

from __future__ import annotations

import re
import unicodedata

import idna

from agent.typed_secrets import MASK, mask_secrets

__all__ = ["MASK", "addresses", "mask_secrets", "mentions_other"]

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"))
_DOT = re.compile(r"\s{0,3}(?:\[\s?(?:dot|\.)\s?\]|\(\s?(?:dot|\.)\s?\)|\{\s?(?:dot|\.)\s?\})\s{0,3}", re.IGNORECASE)
_AT = re.compile(r"\s{0,3}(?:\[\s?(?:at|@)\s?\]|\(\s?(?:at|@)\s?\)|\{\s?(?:at|@)\s?\}|<\s?(?:at|@)\s?>)\s{0,3}", re.IGNORECASE)
_SPOKEN = re.compile(r"(?<![\w.+-])([\w.+-]{1,64}) (?:at|@) ([\w-]{1,63}(?: dot [\w-]{1,63}){1,4})\b", re.IGNORECASE)
"""Without brackets both words must be spelt out: "log in at example.com" is nobody's address."""
_SPACED = re.compile(r"(?<=[\w]) ?@ ?(?=[\w-]{1,63}\.)")
_ADDRESS = re.compile(r"(?<![\w.+'-])([\w!#$%&'*+/=?^`{|}~.-]{1,64})@((?:[\w-]{1,63}[.。．])+[\w-]{2,63})")
_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,20})(?:\|[^<>]{0,100})?>", re.IGNORECASE)
"""Slack's user mention (Slack, "Formatting text for app surfaces", Mentioning users)."""
_MACHINES = re.compile(r"(?:no|do-?not)[._-]?reply[0-9]*|mailer-daemon", re.IGNORECASE)
"""Senders that are no person: quoted from a mail that somebody got, they say nothing about whose account it is."""


def addresses(text: str) -> frozenset[str]:
    """The e-mail addresses in `text`, in lower case with ASCII domains, also where they are disguised: "bob (at)
    example.com", "bob [at] example [dot] com", "bob at example dot com", full-width or invisible characters.

    Addresses of machines (no-reply) are left out. Never raises.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_UNSEEN)
    plain = _AT.sub("@", _DOT.sub(".", plain))
    plain = _SPOKEN.sub(lambda found: f"{found[1]}@{re.sub(' dot ', '.', found[2], flags=re.IGNORECASE)}", plain)
    plain = _SPACED.sub("@", plain)
    found = (_normal(local, domain) for local, domain in _ADDRESS.findall(plain))
    return frozenset(address for address in found if address)


def mentions_other(text: str, own: frozenset[str]) -> bool:
    """Whether `text` names somebody else: an e-mail address or a Slack mention that is not in `own`.

    `own` holds the requester's addresses and chat ids, and the bot's id, in any case. A tagged address
    (emma+test@example.com) is not the untagged one.
    """
    known = {unicodedata.normalize("NFKC", word).casefold() for word in own}
    known |= {address for word in own for address in addresses(word)}
    others = addresses(text) - known
    return bool(others) or any(mention.casefold() not in known for mention in _MENTION.findall(text))


def _normal(local: str, domain: str) -> str:
    """The address in one form, "" when it is none."""
    local = local.removeprefix("mailto:").strip(".'`*~").casefold()
    if not local or _MACHINES.fullmatch(local):
        return ""
    dotted = re.sub("[。．]", ".", domain).strip("-._").casefold()
    if dotted.rpartition(".")[2].isdigit():
        return ""  # "meet @ 10.30"
    try:
        return f"{local}@{idna.encode(dotted, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return f"{local}@{dotted}"  # no valid domain, and still somebody's address as far as the text goes
