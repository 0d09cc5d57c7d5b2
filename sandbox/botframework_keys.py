"""The Bot Framework's signing keys and tokens, of the stand-in's own making: token checks stay on in the sandbox."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

Json = dict[str, Any]


@cache
def private_key(number: int) -> rsa.RSAPrivateKey:
    """The key of that number: made once in a process, since making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Signer:
    """Signs with the newest key; the set shows those that count. `endorsements` None leaves the field out."""

    issuer: str
    clock: Callable[[], float] = time.time
    endorsements: list[str] | None = field(default_factory=lambda: ["msteams", "webchat", "emulator"])
    _shown: list[int] = field(default_factory=lambda: [0])

    @property
    def kid(self) -> str:
        return f"sandbox-{self._shown[-1]}"

    def rotate(self, *, keep_old: bool = False) -> None:
        """A new key signs from now on; the old one leaves the set unless it is kept."""
        self._shown = [*(self._shown if keep_old else []), self._shown[-1] + 1]

    def keys(self) -> Json:
        """The document of the key set."""
        shown = []
        for number in self._shown:
            public: Json = json.loads(RSAAlgorithm.to_jwk(private_key(number).public_key()))
            public |= {"kid": f"sandbox-{number}", "use": "sig"}
            if self.endorsements is not None:
                public["endorsements"] = self.endorsements
            shown.append(public)
        return {"keys": shown}

    def claims(self, audience: str, service_url: str) -> Json:
        now = int(self.clock())
        return {"iss": self.issuer, "aud": audience, "serviceurl": service_url, "iat": now, "nbf": now - 5, "exp": now + 3600}

    def sign(self, claims: Json, *, kid: str | None = None, number: int | None = None) -> str:
        """`number` signs with another key than the newest; `kid` names another than the one that signs ("" names none)."""
        key = private_key(self._shown[-1] if number is None else number)
        named = self.kid if kid is None else kid
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": named} if named else {})
