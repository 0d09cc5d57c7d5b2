"""Passwords, one-time codes and reset links that somebody typed, masked before anything is stored or read by a model.

No reader can know a password by its looks. What follows "my password is" is taken for one unless it is a word that
people use to say what is wrong with a password ("my password is expired"); without such an announcement only text
that looks made up (digits, symbols, mixed case) is taken. Masking a word too many is the smaller harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

MASK = "[removed]"
"""Stands where the secret stood. Masking a masked text changes nothing."""

_NAME = r"(?:pass ?words?|pass ?phrases?|pass ?codes?|passwd|pwd|pw|pass|passw[oö]r(?:t|ter)|kennw[oö]rt|zugangsdaten|credentials?|pin)"
_CODE = (
    r"(?:(?:one[- ]?time|verification|security|recovery|authenticat(?:or|ion)|login|sign[- ]?in|access|sms|mfa|2fa|okta|bypass|backup|"
    r"temporary|einmal|best[aä]tigungs|sicherheits)[ -]?(?:pass)?(?:codes?|pin|token)|codes?|otp|totp|token|pin)"
)
_IS = r"(?:\s{0,3}[:=]\s{0,3}|\s{1,3}(?:is|was|ist|war|lautet|now is|is now)(?:\s{0,3}[:=]\s{0,3}|\s{1,3}))"
_QUOTED = r"""(?:"[^"\n]{1,100}"|'[^'\n]{1,100}'|`[^`\n]{1,100}`|“[^”\n]{1,100}”|„[^“”\n]{1,100}[“”]|‘[^’\n]{1,100}’)"""
_STRETCH = r"[^\s\"'`“”„<>]{1,100}"

_SAID = re.compile(rf"\b({_NAME})(\s{{1,3}}(?:for|to|of|für|that|i|we)\s[\w -]{{1,30}}?)?({_IS})({_QUOTED}|{_STRETCH})", re.IGNORECASE)
_SET_TO = re.compile(rf"\b({_NAME})((?:['’]s|\s{{1,3}}(?:to|as|auf|zu))\s{{1,3}})({_QUOTED}|{_STRETCH})", re.IGNORECASE)
_BARE = re.compile(rf"\b({_NAME})(\s{{1,3}})({_QUOTED}|{_STRETCH})", re.IGNORECASE)
_AS_MY = r"\s{1,3}(?:as|is|was|ist)\s{1,3}(?:my|your|the|a|mein|das|der|ihr)\s{1,3}(?:\w{1,20}\s)?"
_AS_PASSWORD = re.compile(rf"({_QUOTED}|{_STRETCH})({_AS_MY}{_NAME})\b", re.IGNORECASE)
_TOPIC = re.compile(
    r"\b(?:reset\w*|forg[eo]t\w*|lost|chang\w*|problem|issue|trouble|help|request|vergessen)\W{1,3}(?:\w{1,12}\W){0,3}$", re.IGNORECASE
)
_NOT_AFTER = "".join(
    f"(?<!{kind} )"
    for kind in re.findall(
        r"\w+", "error status exit http result cost area country postal zip source project product reason tax department room order fehler"
    )
)
"""Codes that are no secret: "error code 500123"."""
_CODE_SAID = re.compile(
    rf"{_NOT_AFTER}\b({_CODE})((?:{_IS})|\s{{1,3}})([A-Z]-)?"
    r"(\d[\d -]{2,12}\d|(?=[A-Za-z-]{0,30}\d)[A-Za-z0-9]{4,12}(?:-[A-Za-z0-9]{4,12}){1,8})(?![\w.])",
    re.IGNORECASE,
)
_IS_CODE = re.compile(rf"\b((?:[A-Z]-)?\d{{4,10}}|\d{{3}}[ -]\d{{3}})({_AS_MY}{_CODE})\b", re.IGNORECASE)
_ONLY_CODE = re.compile(r"\s*(\d{6}|\d{8}|\d{3}[ -]\d{3})[.!]?\s*")
_URL = re.compile(r"https?://[^\s<>|\"'`]{1,2000}", re.IGNORECASE)
_KEYS = re.compile(
    r"\b(?:xox[abeprs]-[\w-]{8,}|xapp-[\w-]{8,}|SSWS\s{1,3}[\w-]{16,}|gh[pousr]_\w{20,}|glpat-[\w-]{16,}|AKIA[A-Z0-9]{12,20}|"
    r"Bearer\s{1,3}[\w.~+/-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.DOTALL)
_SECRET_PARAMETERS = frozenset(
    re.findall(
        r"\w+",
        "token ott otp code key secret sig signature password pwd recoverytoken activationtoken statetoken sessiontoken "
        "access_token id_token refresh_token reset_token resettoken ticket auth",
    )
)
_SECRET_PATH = re.compile(
    r"reset|recover|activat|welcome|verif|magic|invit|token|ott|sign-?in|log-?in|session|forgot|unlock|passw", re.IGNORECASE
)
_SECRET_SEGMENT = re.compile(r"(?=[\w.~-]*\d)(?=[\w.~-]*[A-Za-z])[\w.~-]{16,}")

_WORDS_ABOUT = frozenset(
    re.findall(
        r"\S+",
        """
    a about actually after again all almost already also always an and any anymore anything apparently asked at available back bad because
    being blank blocked broken but by cannot cant can't case changed changing coming completely complex compromised correct currently dead
    different disabled doesn't done dont don't due either empty ending even exactly expired expires expiring exposed failed failing fine
    for forgot forgotten from frozen going gone good greyed hacked has have he helping hers his how i i'm i've if ignored in inactive
    incorrect incorrectly invalid it it's its just known leaked less like likely local locked long longer lost mandatory mentioned mine
    missing more my necessary needed never new no nobody none not nothing now obsolete of off ok okay old on once one only or other our out
    outdated over overdue please possibly probably problem problems protected really recently refused rejected required reset resetting
    right safe same saved saying secure set she short should showing so some somehow something still stolen stored stuck
    supposed synced syncing temporarily temporary that the their them then there they this to today tomorrow too unable under unknown
    unusable unsafe up useless valid
    very wasn't we weak what when where which while why will without won't working wrong yes yesterday you your
    abgelaufen falsch gesperrt leider nicht noch nötig schon ungültig vergessen weg wieder zu zurückgesetzt
    change forget help issue length manager policy protection request requests requirements rules page field box link email mail
        """,
    )
)
_ENDINGS = ("ing", "ed", "n't", "n’t", "ly", "able")
_EDGE = ".,;:)]}>"
"""Punctuation after a secret that is not taken for a part of it; "!" and "?" may well be one."""
_OPENING = frozenset("\"'`“„‘")
_SYMBOLS = frozenset("!@#$%^&*+=?~_|\\§€£")
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)


def mask_secrets(text: str) -> tuple[str, bool]:
    """`text` with what looks like a password, a one-time code, a key or a link that opens an account replaced by MASK,
    and whether anything was. Text without such a thing comes back as it is. Never raises."""
    masked = _PRIVATE_KEY.sub(MASK, text)
    masked = _KEYS.sub(MASK, masked)
    masked = _URL.sub(lambda m: MASK if _opens(m[0]) else m[0], masked)
    if _ONLY_CODE.fullmatch(masked):
        return MASK, True
    masked = _IS_CODE.sub(lambda m: MASK + m[2], masked)
    masked = _CODE_SAID.sub(lambda m: m[1] + m[2] + MASK, masked)
    masked = _AS_PASSWORD.sub(lambda m: _shown(m[1], _made_up) + m[2], masked)
    masked = _SAID.sub(_said, masked)
    masked = _SET_TO.sub(lambda m: m[1] + m[2] + _shown(m[3], _made_up), masked)
    masked = _BARE.sub(lambda m: m[1] + m[2] + _shown(m[3], _unmistakable), masked)
    return masked, masked != text


def _said(found: re.Match[str]) -> str:
    """ "My password is X" announces X; "reset password: X" may as well name an application, so X has to look made up."""
    before = found.string[max(0, found.start() - 40) : found.start()]
    topic = found[3].strip() in {":", "="} and _TOPIC.search(before) is not None
    return found[1] + (found[2] or "") + found[3] + _shown(found[4], _made_up if topic else _announced)


def _shown(word: str, secret: Callable[[str], bool]) -> str:
    """`word` as it may be kept: MASK where `secret` takes it for one, with the punctuation behind it."""
    bare = word.rstrip(_EDGE)
    inside = bare[1:-1].strip() if bare[:1] in _OPENING else bare
    if not inside or inside.startswith((MASK[:-1], "http://", "https://", "<", "@")) or _ADDRESS.fullmatch(inside) or not secret(inside):
        return word
    return MASK + word[len(bare) :]


def _announced(word: str) -> bool:
    """After "my password is": anything but what people say about passwords."""
    plain = word.casefold().replace("’", "'").rstrip("!?")
    return _made_up(word) or not (plain in _WORDS_ABOUT or plain.endswith(_ENDINGS) or len(plain) < 3)


def _made_up(word: str) -> bool:
    """Looks chosen for a password rather than written: letters with digits, symbols inside, or many digits."""
    letters, digits = any(map(str.isalpha, word)), any(map(str.isdigit, word))
    symbols = not _SYMBOLS.isdisjoint(word.rstrip("!?"))
    return len(word) >= 4 and ((letters and digits) or (symbols and (letters or digits)) or (digits and len(word) >= 6))


def _unmistakable(word: str) -> bool:
    """Right after the word "password" alone: "password Office365" is an application, "password Winter2026!" is not."""
    mixed = any(map(str.isalpha, word)) and any(map(str.isdigit, word))
    return mixed and (not _SYMBOLS.isdisjoint(word) or (len(word) >= 12 and word.lower() != word))


def _opens(address: str) -> bool:
    """Whether the address carries a credential: in its user part, a parameter, or a segment of a path about signing in."""
    try:
        parts = urlsplit(address)
        parameters = parse_qsl(parts.query) + parse_qsl(parts.fragment.rpartition("?")[2])
    except ValueError:
        return False
    if ":" in parts.netloc.rpartition("@")[0]:
        return True
    if any(name.casefold() in _SECRET_PARAMETERS and len(value) >= 6 for name, value in parameters):
        return True
    segments = (parts.path + "/" + parts.fragment).split("/")
    return any(map(_SECRET_PATH.search, segments)) and any(map(_SECRET_SEGMENT.fullmatch, segments))
