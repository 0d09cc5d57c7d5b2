"""botbuilder's authentication interfaces with ours behind them: nothing of its own blocks the loop or answers 500.

`Admission` and `Tokens` decide; botbuilder is handed the result, and a connector that is `bot.teams_connector`.
"""

from __future__ import annotations

from typing import Any

from botbuilder.schema import Activity, ChannelAccount, ConversationParameters, ConversationResourceResponse, ResourceResponse
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    ClaimsIdentity,
    ConnectorFactory,
    UserTokenClient,
)

from bot.teams_admission import Admission
from bot.teams_connector import Connector
from bot.teams_keys import ISSUER
from bot.teams_tokens import Claims, Denied, Tokens
from bot.teams_wire import wire


class Conversations:
    """What botbuilder's TurnContext and TeamsInfo call, for one service address."""

    def __init__(self, connector: Connector, service_url: str) -> None:
        self._connector = connector
        self._service_url = service_url

    async def send_to_conversation(self, conversation_id: str, activity: Activity) -> ResourceResponse:
        return ResourceResponse(id=await self._connector.send(self._service_url, conversation_id, wire(activity)))

    async def reply_to_activity(self, conversation_id: str, activity_id: str, activity: Activity) -> ResourceResponse:
        sent = await self._connector.send(self._service_url, conversation_id, wire(activity), reply_to=activity_id)
        return ResourceResponse(id=sent)

    async def update_activity(self, conversation_id: str, activity_id: str, activity: Activity) -> ResourceResponse:
        await self._connector.update(self._service_url, conversation_id, activity_id, wire(activity))
        return ResourceResponse(id=activity_id)

    async def delete_activity(self, conversation_id: str, activity_id: str) -> None:
        await self._connector.delete(self._service_url, conversation_id, activity_id)

    async def create_conversation(self, parameters: ConversationParameters) -> ConversationResourceResponse:
        made = await self._connector.create(self._service_url, wire(parameters))
        return ConversationResourceResponse().deserialize(made)

    async def get_conversation_member(self, conversation_id: str, member_id: str) -> ChannelAccount:
        return ChannelAccount().deserialize(await self._connector.member(self._service_url, conversation_id, member_id))


class Client:
    """botbuilder's ConnectorClient, as far as it is used."""

    def __init__(self, conversations: Conversations) -> None:
        self.conversations = conversations


class Factory(ConnectorFactory):  # type: ignore[misc]  # botbuilder publishes no types
    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def create(self, service_url: str, audience: str = "") -> Client:
        """Denied for an address that is not on the list."""
        if not self._connector.allowed(service_url):
            raise Denied(403, "a serviceUrl that is not on the list")
        return Client(Conversations(self._connector, service_url))


class NoUserTokens(UserTokenClient):  # type: ignore[misc]  # botbuilder publishes no types
    """This bot signs nobody in: who somebody is comes from the activity, and rights from Okta."""

    async def get_user_token(self, *_: Any) -> None:
        raise NotImplementedError("this bot signs nobody in")

    get_sign_in_resource = sign_out_user = get_token_status = get_aad_tokens = exchange_token = get_user_token


class TeamsAuthentication(BotFrameworkAuthentication):  # type: ignore[misc]  # botbuilder publishes no types
    """`tokens` None: nothing is checked but the lists, on a set-up where every address is this machine."""

    def __init__(self, tokens: Tokens | None, admission: Admission, connector: Connector) -> None:
        self.tokens = tokens
        self.admission = admission
        self._factory = Factory(connector)
        self._nobody = NoUserTokens()

    async def admit(self, header: str | None) -> Claims | None:
        """The first half, before a body is read: is the token one of ours? Raises Denied."""
        return await self.tokens.check(header) if self.tokens is not None else None

    def result(self, claims: Claims | None) -> AuthenticateRequestResult:
        made = AuthenticateRequestResult()
        made.claims_identity = ClaimsIdentity(dict(claims.values) if claims else {}, True)
        made.audience = ISSUER
        made.connector_factory = self._factory
        return made

    async def authenticate_request(self, activity: Activity, auth_header: str) -> AuthenticateRequestResult:
        """Raises Denied, Malformed."""
        claims = await self.admit(auth_header)
        self.admission.check(activity.serialize(), claims)
        return self.result(claims)

    async def authenticate_streaming_request(self, auth_header: str, channel_id_header: str) -> AuthenticateRequestResult:
        raise Denied(403, "a streaming connection")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> ConnectorFactory:
        return self._factory

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> UserTokenClient:
        return self._nobody
