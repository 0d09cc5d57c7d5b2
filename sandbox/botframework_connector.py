"""The Bot Framework's side that a bot calls: OpenID document and keys, sign-in, and the connector.

Refuses what the real one refuses: no token, a token of nobody, a conversation without the bot, an activity that is not
there, a card that is none. Sources: Bot Framework connector API (ConnectorAPI swagger), Authentication.
"""

from __future__ import annotations

import json
import secrets
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.botframework_check import activity_faults, size_fault
from sandbox.botframework_keys import Signer
from sandbox.botframework_records import Account, Json, Message, Talk, Tenant

LIMITS = ((7, 1.0), (8, 2.0), (60, 30.0))
"""Messages to one conversation within so many seconds (Microsoft Teams, Rate limiting)."""


def refused(status: int, code: str, message: str = "", **headers: str) -> web.Response:
    """An error as the connector words it (ErrorResponse)."""
    return web.json_response({"error": {"code": code, "message": message or code}}, status=status, headers=headers)


@dataclass
class Connector:
    """`pace` turns Teams' limits on. `tokens` are those that were handed out, with their end."""

    tenant: Tenant
    signer: Signer
    pace: bool = False
    tokens: dict[str, float] = field(default_factory=dict)
    lasts: int = 3600
    _sent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def routes(self, app: web.Application, prefix: str) -> None:
        app.router.add_get("/v1/.well-known/openidconfiguration", self._document)
        app.router.add_get("/v1/.well-known/keys", self._keys)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._sign_in)
        base = f"{prefix}/v3/conversations"
        app.router.add_post(base, self._create)
        app.router.add_post(base + "/{talk}/activities", self._post)
        app.router.add_post(base + "/{talk}/activities/{id}", self._post)
        app.router.add_put(base + "/{talk}/activities/{id}", self._put)
        app.router.add_delete(base + "/{talk}/activities/{id}", self._delete)
        app.router.add_get(base + "/{talk}/members", self._members)
        app.router.add_get(base + "/{talk}/members/{member}", self._member)

    # ------------------------------------------------------------ keys and sign-in

    async def _document(self, request: web.Request) -> web.Response:
        return web.json_response({
            "issuer": self.signer.issuer,
            "jwks_uri": f"{request.scheme}://{request.host}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        })

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response(self.signer.keys())

    async def _sign_in(self, request: web.Request) -> web.Response:
        given = await request.post()
        if given.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if request.match_info["tenant"] != self.tenant.id:
            return web.json_response({"error": "invalid_request", "error_description": "AADSTS90002: no such tenant"}, status=400)
        if given.get("client_id") != self.tenant.app_id:
            return web.json_response({"error": "unauthorized_client", "error_description": "AADSTS700016"}, status=400)
        if given.get("client_secret") != self.tenant.password:
            return web.json_response({"error": "invalid_client", "error_description": "AADSTS7000215"}, status=401)
        if given.get("scope") != f"{self.signer.issuer}/.default":
            return web.json_response({"error": "invalid_scope", "error_description": "AADSTS70011"}, status=400)
        token = secrets.token_urlsafe(24)
        self.tokens[token] = self.tenant.clock() + self.lasts
        return web.json_response({"token_type": "Bearer", "expires_in": self.lasts, "access_token": token})

    # ------------------------------------------------------------ the connector

    def _talk(self, request: web.Request) -> Talk | web.Response:
        """The conversation, for a caller who is signed in and is in it."""
        denied = self._unsigned(request)
        if denied is not None:
            return denied
        talk = self.tenant.talks.get(request.match_info["talk"])
        if talk is None:
            return refused(404, "ConversationNotFound", "Conversation not found.")
        if not talk.installed:
            return refused(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        return talk

    def _unsigned(self, request: web.Request) -> web.Response | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or self.tokens.get(token, 0) <= self.tenant.clock():
            return refused(401, "Unauthorized", "Authorization has been denied for this request.")
        return None

    async def _create(self, request: web.Request) -> web.Response:
        denied = self._unsigned(request)
        if denied is not None:
            return denied
        asked = await _json(request)
        members = asked.get("members") or []
        if asked.get("isGroup") or len(members) != 1 or asked.get("tenantId") != self.tenant.id:
            return refused(400, "BadSyntax", "One member and the tenant are needed.")
        try:
            account = self.tenant.find(str(members[0].get("id")))
        except LookupError:
            return refused(403, "BotNotInConversationRoster", "The bot is not installed for this user.")
        talk = self.tenant.personal(account)
        if talk is None or not talk.installed or account.gone:
            return refused(403, "BotNotInConversationRoster", "The bot is not installed for this user.")
        return web.json_response({"id": talk.id}, status=201)

    async def _post(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        if isinstance(talk, web.Response):
            return talk
        if self.pace and (wait := self._wait(talk.id)):
            return refused(429, "TooManyRequests", **{"Retry-After": str(wait)})
        activity = await _json(request)
        wrong = _wrong(activity)
        if wrong is not None:
            return wrong
        message = Message(self.tenant.new_id(), talk.id, "bot", activity)
        self.tenant.messages.append(message)
        self.tenant.touch()
        return web.json_response({"id": message.id}, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        if isinstance(talk, web.Response):
            return talk
        message = self.tenant.message(talk.id, request.match_info["id"])
        if message is None or message.author != "bot":
            return refused(404, "ActivityNotFoundInConversation", "The activity is not there.")
        activity = await _json(request)
        wrong = _wrong(activity)
        if wrong is not None:
            return wrong
        message.activity, message.edits, message.views, message.state = activity, message.edits + 1, {}, {}
        self.tenant.touch()
        return web.json_response({"id": message.id})

    async def _delete(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        if isinstance(talk, web.Response):
            return talk
        message = self.tenant.message(talk.id, request.match_info["id"])
        if message is None or message.author != "bot":
            return refused(404, "ActivityNotFoundInConversation", "The activity is not there.")
        self.tenant.messages.remove(message)
        self.tenant.touch()
        return web.Response(status=200)

    async def _members(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        if isinstance(talk, web.Response):
            return talk
        return web.json_response([member(self.tenant.accounts[one]) for one in talk.members])

    async def _member(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        if isinstance(talk, web.Response):
            return talk
        wanted = request.match_info["member"]
        for one in (self.tenant.accounts[name] for name in talk.members):
            if wanted in (one.id, one.entra) and not one.gone:
                return web.json_response(member(one))
        return refused(404, "MemberNotFoundInConversation", "The member is not in the conversation.")

    def _wait(self, talk: str) -> int:
        now, sent = self.tenant.clock(), self._sent[talk]
        for most, seconds in LIMITS:
            within = [at for at in sent if at > now - seconds]
            if len(within) >= most:
                return max(1, round(within[0] + seconds - now))
        sent.append(now)
        while len(sent) > 60:
            sent.popleft()
        return 0


def member(account: Account) -> Json:
    """A TeamsChannelAccount as the connector gives it."""
    first, _, last = account.name.partition(" ")
    return {
        "id": account.id, "aadObjectId": account.entra, "objectId": account.entra, "name": account.name, "givenName": first,
        "surname": last, "email": account.email, "userPrincipalName": account.upn, "tenantId": account.tenant, "userRole": account.role,
    }  # fmt: skip


async def _json(request: web.Request) -> Json:
    try:
        body: Any = json.loads(await request.read())
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _wrong(activity: Json) -> web.Response | None:
    if size_fault(activity):
        return refused(413, "MessageSizeTooBig", "Message size too large.")
    faults = list(activity_faults(activity))
    return refused(400, "BadSyntax", "; ".join(faults)) if faults else None
