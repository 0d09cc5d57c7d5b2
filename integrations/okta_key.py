"""The service application's key: read once, and the client assertions that it signs.

The SDK reads the key again for each assertion, through two libraries, which stops the event loop for a fifth of a
second; it opens a file when the text is no key, and chokes on a JWK with a list in it. Only that step is replaced.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from okta.oauth import OAuth

ASSERTION_SECONDS = 300
"""How long an assertion is good for; Okta takes up to an hour (Okta, client authentication with a JWT)."""


def read_key(text: str) -> tuple[RSAPrivateKey, str]:
    """The key of a PEM (also on one line, with \\n written out) or a JWK, and the JWK's own kid.

    ValueError, without any part of the text, when it is neither or no RSA private key.
    """
    stripped = text.strip()
    kid = ""
    try:
        if stripped.startswith("{"):
            jwk = json.loads(stripped)
            kid = str(jwk.get("kid") or "")
            key: Any = jwt.algorithms.RSAAlgorithm.from_jwk(jwk)
        else:
            key = load_pem_private_key(stripped.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm, jwt.PyJWTError) as error:
        # Only its type goes out: its words may quote the text.
        raise ValueError(f"OKTA_CLIENT_PRIVATEKEY cannot be read as a PEM or a JWK ({type(error).__name__})") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("OKTA_CLIENT_PRIVATEKEY must be an RSA private key")
    return key, kid


class KeyOAuth(OAuth):
    """The SDK's token handling (one token for everybody, renewed before its end) with assertions of our own."""

    def __init__(self, executor: Any, config: dict[str, Any], key: RSAPrivateKey, kid: str) -> None:
        super().__init__(executor, config)
        self._key = key
        self._kid = kid

    def get_JWT(self) -> str:  # noqa: N802 - the SDK's name for it
        """A fresh private_key_jwt assertion for the org's token endpoint."""
        client = self._config["client"]
        now = int(time.time())
        claims = {
            "iss": client["clientId"], "sub": client["clientId"], "aud": f"{client['orgUrl']}{self.OAUTH_ENDPOINT}",
            "iat": now, "exp": now + ASSERTION_SECONDS, "jti": str(uuid.uuid4()),
        }  # fmt: skip
        return jwt.encode(claims, self._key, "RS256", headers={"kid": self._kid} if self._kid else None)
