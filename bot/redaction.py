"""What must never reach a log: configured secrets in any spelling, and whatever looks like a credential or a link.

Applied to every text of an event once it is complete, so that tracebacks, library loggers at DEBUG and nested
values are covered alike; and once more, for known secrets, to the finished line.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[masked]"

SHORTEST = 4
"""Characters. Masking a shorter value would black out ordinary words, and it is no secret."""

_NAMES = (
    "authorization|proxy-authorization|cookie|set-cookie|x-slack-signature|password|passwd|secret|client_secret|client_assertion|"
    "token|access_token|refresh_token|id_token|bot_token|app_token|api_token|api_key|apikey|private_key|privatekey|"
    "signing_secret|audit_key|statetoken|recoverytoken|activationtoken|resetpasswordurl|passcode|answer|"
    "trigger_id|response_url|ticket_url|nonce|grant"
)

_PATTERNS = (
    # Slack tokens of every kind; OAuth refresh tokens and app-level tokens included.
    re.compile(r"\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]+|\bxapp-[A-Za-z0-9-]+|\bxoxe(?:\.xox[a-z])?-[A-Za-z0-9-]+"),
    re.compile(r"\b(?:SSWS|Bearer|Basic|DPoP)\s+[A-Za-z0-9+/=._~-]{4,}", re.IGNORECASE),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    # Okta's reset, activation and sign-in links: whoever has one is the person.
    re.compile(
        r"https?://[^\s\"'<>\\]*(?:reset[_-]?password|signin/(?:reset|unlock|activate|recovery)|/welcome/|recovery|activate)[^\s\"'<>\\]*",
        re.IGNORECASE,
    ),
    re.compile(r"https://hooks\.slack\.com/[^\s\"'<>]+|wss?://[^\s\"'<>]*ticket=[^\s\"'<>]+"),
    re.compile(r"(?<=://)[^\s/@:\"']+:[^\s/@\"']+(?=@)"),
    re.compile(r"\bv0=[0-9a-f]{32,}"),
)

_PAIR = re.compile(
    # name=value (forms, queries), "name": "value" (JSON), 'name': b'value' (Python), name: value (headers)
    rf"(?P<name>(?<![\w-])(?:{_NAMES})\\*[\"']?)(?P<between>\s*[=:]\s*|,\s*)(?P<value>b?(\\*[\"'])(?:(?!\4).)*?\4|(?!\\*[\"'\[{{(])[^\s&,;)}}\]\"']+)",
    re.IGNORECASE,
)

_SECRET_NAME = re.compile(rf"(?:.*[_-])?(?:{_NAMES})", re.IGNORECASE)


class Redactor:
    """Masks in texts and values. Built once from the settings' secrets; safe from any thread."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret) if len(spelling) >= SHORTEST}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def known(self, line: str) -> str:
        """The line without configured secrets. Never breaks JSON: what it takes out holds no quotes of its own."""
        return line if self._known is None else self._known.sub(MASK, line)

    def redact(self, words: str) -> str:
        """The text with configured secrets and everything that looks like one replaced by `[masked]`."""
        words = self.known(words)
        for pattern in _PATTERNS:
            words = pattern.sub(MASK, words)
        return _PAIR.sub(_masked_pair, words)

    def value(self, name: str, value: Any) -> Any:
        """A value of an event: what is called like a secret is masked whole, everything else looked through."""
        if value and _SECRET_NAME.fullmatch(name):
            return MASK
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {str(key): self.value(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value("", inner) for inner in value]
        return self.redact(value if isinstance(value, str) else str(value))


def _masked_pair(found: re.Match[str]) -> str:
    value = found["value"]
    if MASK in value:
        return found[0]
    edge = re.match(r"b?(\\*[\"'])", value)
    return f"{found['name']}{found['between']}{edge[0]}{MASK}{edge[1]}" if edge else f"{found['name']}{found['between']}{MASK}"


def _spellings(secret: str) -> set[str]:
    """A secret as JSON, Python, URLs, base64 and multi-line keys would write it."""
    bare = secret.strip()
    found = {secret, bare, json.dumps(bare)[1:-1], repr(bare)[1:-1], quote(bare, safe=""), quote_plus(bare)}
    found.add(base64.b64encode(bare.encode()).decode())
    found.update(line for line in map(str.strip, bare.splitlines()) if len(line) >= 16 and "-----" not in line)
    return found


def basic(user: str, password: str) -> str:
    """The text of an HTTP Basic header for this account, which is as good as the password itself."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()
