"""Who may ask the Okta stand-in for what: API tokens, and service applications with private_key_jwt and scopes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION = 3600


@dataclass(slots=True)
class Application:
    """A service application: its public key (PEM), the id of that key, and the scopes that an admin granted."""

    id: str
    public_key: str
    scopes: frozenset[str]
    kid: str = ""


@dataclass(slots=True)
class Credentials:
    token: str
    """The API token (SSWS). It has every right but those in `lacking`."""
    lacking: set[str] = field(default_factory=set)
    """Scopes that no credential has, whatever was granted: an admin role that is too narrow."""
    applications: dict[str, Application] = field(default_factory=dict)
    demands_dpop: bool = False
    token_seconds: int = 3600
    _issued: dict[str, tuple[frozenset[str], float]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def register(self, client_id: str, public_key: str, scopes: Iterable[str], kid: str = "") -> None:
        self.applications[client_id] = Application(client_id, public_key, frozenset(scopes), kid)

    def revoke(self) -> None:
        """Every access token given so far stops working, before its time."""
        self._issued.clear()

    def refusal(self, request: web.Request, scope: str) -> tuple[int, str] | None:
        """Status and code of the answer to a request without the right to `scope`, None when it has it."""
        kind, space, value = request.headers.get("Authorization", "").partition(" ")
        if kind == "SSWS" and space and secrets.compare_digest(value.encode(), self.token.encode()):
            return (403, "E0000006") if scope in self.lacking else None
        scopes, until = self._issued.get(value, (frozenset(), 0.0))
        if kind != "Bearer" or until <= time.time():
            return 401, "E0000011"
        return None if scope in scopes and scope not in self.lacking else (403, "E0000006")

    async def token_endpoint(self, request: web.Request) -> web.Response:
        """POST /oauth2/v1/token of the org server: client_credentials with private_key_jwt only (Okta, service apps)."""
        form = await request.post()
        if request.content_type != "application/x-www-form-urlencoded" or form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
        if form.get("client_assertion_type") != ASSERTION:
            return _error(401, "invalid_client", "Client Credentials flow for Okta scopes needs private_key_jwt.")
        try:
            application = self._proven(str(form.get("client_assertion", "")), str(request.url.with_query(None)))
        except (jwt.InvalidTokenError, LookupError, ValueError) as error:
            return _error(401, "invalid_client", f"The client_assertion is not valid: {error}")
        if self.demands_dpop:
            return _error(400, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
        asked = frozenset(str(form.get("scope", "")).split())
        if not asked or asked - application.scopes:
            return _error(400, "invalid_scope", "One or more scopes are not configured for the authorization server resource.")
        token = secrets.token_urlsafe(32)
        self._issued[token] = (asked, time.time() + self.token_seconds)
        body = {"token_type": "Bearer", "expires_in": self.token_seconds, "access_token": token, "scope": " ".join(sorted(asked))}
        return web.json_response(body, headers={"Cache-Control": "no-store"})

    def _proven(self, assertion: str, address: str) -> Application:
        client_id = str(jwt.decode(assertion, options={"verify_signature": False}).get("sub"))
        application = self.applications[client_id]
        if application.kid and jwt.get_unverified_header(assertion).get("kid") != application.kid:
            raise LookupError("kid")
        claims: dict[str, Any] = jwt.decode(
            assertion, application.public_key, algorithms=["RS256"], audience=address, issuer=client_id,
            options={"require": ["exp", "iss", "sub", "aud", "jti"]},
        )  # fmt: skip
        if claims["exp"] > time.time() + LONGEST_ASSERTION or claims["jti"] in self._seen:
            raise ValueError("it lives too long, or was used before")
        self._seen.add(claims["jti"])
        return application


def _error(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)
