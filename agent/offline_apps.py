"""Which of the requester's own applications a text names: by label, loosely spelt, or by a telling part of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.offline_words import APP_STOP, GENERIC_LABEL_WORDS, NEAR_MISSES, listed

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_SUFFIX = re.compile(r"(?:passwort\w*|kennwort\w*|konto|zugang\w*|login|account|passwords?)$")
_BEFORE = listed(
    "in into to for of my our the reset unlock access open use with is it's and or"
    " bei zu für mein meine meinen meinem im ins zum vom mit und oder"
)
_AFTER = listed("password passwords pw pwd login log account access credentials passwort kennwort zugang konto anmeldung please bitte")
_CHANNEL = listed("via through using by over per über on auf")
_FINE = re.compile(r"^\W*(?:still |noch )?(?:works?\b|is (?:fine|ok|okay|working)|funktioniert(?! nicht)|geht(?! nicht))")
_DENIED = re.compile(
    r"(?<!but )(?<!aber )\b(?:not|nicht)(?: for| to| in| into| of| für| bei)?(?: the| my| our| das| die| mein\w*)?\W*$"
)
_SIGN_IN = ("log in to ", "log into ", "sign in to ", "sign into ")
_ACCOUNT = re.compile(
    r"\b(?:okta|sso|single[- ]?sign[- ]?(?:on|in)|einmalanmeldung|active directory"
    r"|(?:main|company|corporate|corp|work|office|network|domain|windows|laptop|computer|pc|desktop|employee|staff|enterprise"
    r"|user account|firmen|haupt|ad|ldap)(?: user)?[ -]?"
    r"(?:password|pw|login|account|log-in|logon|credentials|sign-in|passwort|kennwort|konto|anmeldung|zugang)"
    r"|(?:firmen|unternehmens|windows|dom[aä]nen|arbeits|rechner)-?(?:passwort|kennwort|konto|login|anmeldung|zugang)"
    + "".join(rf"|(?<={way}my )(?:work )?(?:laptop|computer|pc|windows|machine)|(?<={way})windows" for way in _SIGN_IN)
    + r")\b",
    re.IGNORECASE,
)
_BY_WAY_OF = re.compile(r"\b(?:via|through|using|with|by|über|per)\s+(?:my |the |our )?$")
_AND = r"\W+(?:and|or|und|oder|&|,)\W*(?:my |the )?"
_BOTH = re.compile(rf"zqapp{_AND}zqacct|zqacct\W+(?:password |login )?(?:and|or|und|oder|&|,)\W*(?:my |the )?zqapp")
_CREDENTIAL_END = re.compile(r"(?:password|pw|passwort|kennwort|credentials|login|log-in|logon|sign-in|account|konto|anmeldung|zugang)$")
_NAME = r"([A-Za-z][\w.&+-]*(?: [A-Z0-9][\w.&+-]*){0,3})"
_OTHER = (
    re.compile(
        r"\b(?:log(?:ged|ging)? ?in ?to|sign(?:ed|ing)? ?in ?to|get ?in ?to|into|access(?: to)?|out of"
        r"|(?:password|pw|login|account|credentials|passwort|kennwort|zugang) (?:for|to|of|on|in|für|zu|bei|im|in)"
        r"|reset(?:ting)?|unlock(?:ing)?|für|bei)\s+(?:my |the |our |mein\w* |das |die |den |dem )?" + _NAME
    ),
    re.compile(
        r"\b(?:[Mm]y|[Tt]he|[Mm]ein(?:e|en|em)?)\s+([A-Za-z][\w.&+]*(?: [A-Z][\w.&+]*)?)"
        r"[ -](?:password|pw|login|account|credentials|[Pp]asswort|[Kk]ennwort|[Kk]onto|[Zz]ugang)\b"
    ),
    re.compile(r"^\W*([A-Z][\w.&+]*(?: [A-Z][\w.&+]*)?) (?:password|login|account)\b"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a text names. `text` has the places taken by marks: zqapp, zqacct."""

    labels: tuple[str, ...]
    """Distinct own labels that are meant, in order of the text."""
    account: bool
    text: str


@dataclass(slots=True)
class _Mention:
    label: str
    start: int
    end: int
    strength: int
    """2 what is wanted, 1 named somewhere, 0 named as a way or as working."""


def find(text: str, labels: tuple[str, ...]) -> Found:
    """Own applications and the account itself in `text` (original case)."""
    mentions = _mentions(text, labels)
    marked = _marked(text, [(m.start, m.end, "zqapp") for m in mentions])
    accounts = [m for m in _ACCOUNT.finditer(marked) if "zqapp" not in m.group()]
    meant_account = any(not _BY_WAY_OF.search(marked[: m.start()].lower()) for m in accounts)
    marked = _marked(marked, [(m.start(), m.end(), _credential_kept(m.group())) for m in accounts])
    best = max((m.strength for m in mentions), default=0)
    meant: dict[str, None] = {m.label: None for m in mentions if m.strength == best and best > 0}
    both = bool(meant) and meant_account and _BOTH.search(marked) is not None
    return Found(tuple(meant), meant_account and (not meant or both), marked)


def other_words(text: str) -> str:
    """How the text calls an application that is not in the list, "" when it calls none (original case, marks in place)."""
    for pattern in _OTHER:
        for match in pattern.finditer(text):
            words = [w for w in match.group(1).split() if w.casefold().strip(".,-") not in APP_STOP]
            if words and words[0] == match.group(1).split()[0] and not words[0].casefold().startswith("zq"):
                return " ".join(words).strip(".,-")
    return ""


def _credential_kept(words: str) -> str:
    """The mark for an account mention, which keeps the noun that the intent is read from."""
    noun = _CREDENTIAL_END.search(words.lower())
    return f"zqacct {noun.group()}" if noun else "zqacct"


def _marked(text: str, places: list[tuple[int, int, str]]) -> str:
    for start, end, mark in sorted(set(places), reverse=True):
        text = text[:start] + mark + text[end:]
    return text


def _mentions(text: str, labels: tuple[str, ...]) -> list[_Mention]:
    words = [(m.group().casefold(), m.start(), m.end()) for m in _WORD.finditer(text)]
    candidates: list[tuple[int, _Mention]] = []
    parts = _telling_parts(labels)
    for label in labels:
        tokens = tuple(w.casefold() for w in _WORD.findall(label))
        whole = "".join(tokens)
        if not whole:
            continue
        # One word more than the label has ("pay roll"), or a short label letter by letter ("V P N").
        for size in range(1, max(len(tokens) + 1, len(whole) if len(whole) <= 6 else 0) + 1):
            for first in range(len(words) - size + 1):
                if words[first][0][0] != whole[0]:
                    continue  # nothing that is alike begins with another letter
                window = words[first : first + size]
                if size > len(tokens) + 1 and any(len(w) > 1 for w, _, _ in window):
                    continue
                score = _alike("".join(w for w, _, _ in window), whole, size, len(tokens))
                if score:
                    candidates.append((score, _Mention(label, window[0][1], window[-1][2], _strength(words, first, size, text))))
        if len(tokens) >= 3:
            initials = "".join(t[0] for t in tokens)
            candidates += [
                (len(initials), _Mention(label, start, end, _strength(words, index, 1, text)))
                for index, (word, start, end) in enumerate(words)
                if word == initials
            ]
    for index, (word, start, end) in enumerate(words):
        for label in parts.get(word, ()):
            following = words[index + 1][0] if index + 1 < len(words) else ""
            if (following in _AFTER or following in APP_STOP or not following) and _strength(words, index, 1, text) == 2:
                candidates.append((1, _Mention(label, start, end, 2)))
    return _longest(candidates)


def _telling_parts(labels: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Single words that tell labels apart, with the labels that have them."""
    parts: dict[str, tuple[str, ...]] = {}
    for label in labels:
        tokens = [w.casefold() for w in _WORD.findall(label)]
        if len(tokens) < 2:
            continue
        for token in tokens:
            if len(token) >= 3 and token not in GENERIC_LABEL_WORDS and token not in APP_STOP:
                parts[token] = (*parts.get(token, ()), label)
    return parts


def _alike(window: str, whole: str, size: int, tokens: int) -> int:
    """0 when they are different words, else more the longer and the closer they are."""
    if window == whole:
        return 10 * len(whole) + 5
    if size == 1 and window.startswith(whole) and _SUFFIX.fullmatch(window[len(whole) :]):
        return 10 * len(whole) + 4
    allowed = 2 if len(whole) >= 9 else 1 if len(whole) >= 5 else 0
    if not allowed or size != tokens or abs(len(window) - len(whole)) > allowed or window[:1] != whole[:1] or window in NEAR_MISSES:
        return 0
    if window in (whole + "s", whole + "ed", whole + "ing"):
        return 0
    return 10 * len(whole) - 5 if _distance(window, whole) <= allowed else 0


def _distance(one: str, two: str) -> int:
    """Edits between two words, a swap of neighbours counted as one (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(two, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def _strength(words: list[tuple[str, int, int]], first: int, size: int, text: str) -> int:
    previous = words[first - 1][0] if first else ""
    following = words[first + size][0] if first + size < len(words) else ""
    if _FINE.match(text[words[first + size - 1][2] :].casefold()) or _DENIED.search(text[: words[first][1]].casefold()):
        return 0
    if following in _AFTER:
        return 2
    if previous in _CHANNEL:
        return 1 if previous in ("on", "auf") else 0
    return 2 if previous in _BEFORE or first == 0 else 1


def _longest(candidates: list[tuple[int, _Mention]]) -> list[_Mention]:
    """Non-overlapping mentions, better ones first. Equal ones at the same place (two labels share the word) all stay."""
    kept: list[tuple[int, _Mention]] = []
    for score, mention in sorted(candidates, key=lambda each: (-each[0], each[1].start)):
        clash = [(s, k) for s, k in kept if k.start < mention.end and mention.start < k.end]
        if all(s == score and (k.start, k.end) == (mention.start, mention.end) and k.label != mention.label for s, k in clash):
            kept.append((score, mention))
    unique: dict[tuple[int, int, str], _Mention] = {(m.start, m.end, m.label): m for _, m in kept}
    return sorted(unique.values(), key=lambda m: m.start)
