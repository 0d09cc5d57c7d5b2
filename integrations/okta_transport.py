"""One call to Okta through its SDK's request executor: authorisation, deadline, errors by consequence.

Only the executor and its OAuth part are used. The generated client would refuse whole answers for one unknown word,
lose transport errors and send `SSWS` without its space; and its configuration reads okta.yaml files and the
environment behind our back, so the configuration here is a plain dictionary.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from okta.cache.no_op_cache import NoOpCache
from okta.config.config_validator import ConfigValidator
from okta.errors.http_error import HTTPError
from okta.errors.okta_api_error import OktaAPIError
from okta.request_executor import RequestExecutor

from integrations.addresses import base_url
from integrations.base import Refused, SystemFault, Unavailable
from integrations.okta_calls import SYSTEM, Call
from integrations.okta_faults import fault, transport_fault
from integrations.okta_key import KeyOAuth, read_key
from integrations.okta_wire import NotAllowed, Wire, silence


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx. `text` is "" when the call is one whose answer is not kept. Never in a repr: it is other people's data."""

    text: str
    response: aiohttp.ClientResponse

    def __repr__(self) -> str:
        return f"Answer({self.response.status})"

    def json(self) -> Any:
        """The decoded body. Unavailable when it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            raise Unavailable(SYSTEM, "the answer could not be read") from error


class Transport:
    """`org_url` is https (http to loopback only). Either `token`, or `client_id`, `private_key` (PEM or JWK) and `scopes`.

    ValueError, naming the setting and no secret, for a combination that cannot work.
    """

    def __init__(
        self,
        *,
        org_url: str,
        session: aiohttp.ClientSession,
        token: str = "",
        client_id: str = "",
        private_key: str = "",
        kid: str = "",
        scopes: Sequence[str] = (),
    ) -> None:
        silence()
        self.org_url = _org(org_url)
        self.scopes = tuple(scopes)
        self.by_key = bool(private_key)
        client: dict[str, Any] = {
            "orgUrl": self.org_url,
            "userAgent": "keyturn",
            "requestTimeout": 0,  # ours ends the wait; the executor looks at its own only between tries
            "rateLimit": {"maxRetries": 0},  # the executor would repeat a POST after a 504, and sleep without a limit
            "oauthTokenRenewalOffset": 5,  # minutes before the end of a token's hour
            "raiseException": False,  # kept for the whole class of HTTP clients: say it each time
        }
        key = None
        if self.by_key:
            key, own_kid = read_key(private_key)
            kid = kid or own_kid
            # The validator wants a privateKey. The real one stays out of the SDK's configuration.
            client |= {"authorizationMode": "PrivateKey", "clientId": client_id, "scopes": list(scopes), "privateKey": "held elsewhere"}
        else:
            client |= {"authorizationMode": "SSWS", "token": _token(token)}
        config = {"client": client, "testing": {"testingDisableHttpsCheck": self.org_url.startswith("http://")}}
        _validate(config)
        # The SDK has no annotations in these two; what they take and give is pinned by the tests.
        executor = RequestExecutor(config, NoOpCache(), http_client=Wire)  # type: ignore[no-untyped-call]  # see above
        executor.set_session(session)  # type: ignore[no-untyped-call]  # see above
        if key is not None:
            executor._oauth = KeyOAuth(executor, config, key, kid)
        self._executor: Any = executor

    def __repr__(self) -> str:
        return f"Transport({self.org_url!r})"

    async def send(self, call: Call, path: str, *, query: str = "", body: Mapping[str, Any] | None = None, left: float) -> Answer:
        """One request, never repeated but for one 401 of a token that came from our key (a 401 has no effect).

        `left` in seconds covers getting a token too. Unavailable, Refused or Missing for everything but a 2xx.
        """
        fired = False
        try:
            async with asyncio.timeout(left):
                for last in (not self.by_key, True):
                    request = await self._prepared(call, path, query or call.query, body)
                    fired = True
                    _, response, text, error = await self._executor.fire_request(request)
                    fired = False
                    if response is None:
                        raise _transport(error, writes=call.writes)
                    if response.status == 401 and not last:
                        self._forget(request)
                        continue
                    refusal = fault(response.status, text, response.headers, writes=call.writes)
                    if refusal is not None:
                        raise refusal
                    return Answer(text, response)
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"no answer within {left:.1f} s", sent=call.writes and fired) from error
        raise AssertionError("the second round returns or raises")

    async def _prepared(self, call: Call, path: str, query: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """The request with its authorisation; a token is fetched here when there is none. Nothing of the call itself is sent."""
        url = f"{self.org_url}{path}" + (f"?{query}" if query else "")
        try:
            request, error = await self._executor.create_request(call.method, url, body=dict(body or {}))
        except (ValueError, TypeError, KeyError, AttributeError) as broken:  # the SDK's ways of meeting a strange token answer
            raise Unavailable(SYSTEM, "the token could not be read") from broken
        if error is not None:
            raise _token_fault(error)
        request["secret"] = call.secret
        return dict(request)

    def _forget(self, request: Mapping[str, Any]) -> None:
        """Drops the token of this request, unless another call has got a newer one in the meantime."""
        oauth = self._executor._oauth
        current, kind = oauth.get_current_token()
        if request["headers"].get("Authorization") == f"{kind} {current}":
            oauth.clear_access_token()
            self._executor.clear_cached_token()


def _transport(error: Exception | None, *, writes: bool) -> SystemFault:
    if isinstance(error, NotAllowed):
        return Refused(SYSTEM, str(error), code="allow-list")
    return transport_fault(error or RuntimeError("no answer and no error"), writes=writes)


def _token_fault(error: Exception) -> SystemFault:
    """The token endpoint's refusal. Whatever it was, the call that needed the token has not been sent."""
    if isinstance(error, OktaAPIError):
        body = json.dumps({"errorCode": error.error_code, "errorId": error.error_id})
        return fault(error.status or 500, body, error.headers, writes=False) or Unavailable(SYSTEM, "the token could not be read")
    if isinstance(error, HTTPError):
        return fault(error.status, "", error.response_headers, writes=False) or Unavailable(SYSTEM, "the token could not be read")
    if isinstance(error, aiohttp.ClientError | TimeoutError | UnicodeDecodeError | NotAllowed):
        return _transport(error, writes=False)
    return Unavailable(SYSTEM, "the token could not be read")


def _org(url: str) -> str:
    clean = base_url(url, "OKTA_CLIENT_ORGURL")
    if urlsplit(clean).path:
        raise ValueError("OKTA_CLIENT_ORGURL must be the organisation's address only, without a path")
    return clean


def _validate(config: dict[str, Any]) -> None:
    """The SDK's own check (admin addresses, placeholders, what is missing), its list made into one sentence."""
    try:
        ConfigValidator(config)  # type: ignore[no-untyped-call]  # the SDK has no annotations here
    except ValueError as error:
        said = [line.strip() for line in str(error).splitlines()]
        kept = " ".join(line for line in said if line and not line.startswith(("Errors:", "See ")))
        raise ValueError(f"The OKTA_CLIENT_* settings cannot work: {kept}") from error


def _token(token: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ValueError("OKTA_CLIENT_TOKEN is missing, or has a space or another strange character in it")
    return token

