"""Activities into the bot: signed as the Bot Framework signs them, with Teams' patience, and kept to be sent again."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from sandbox.botframework_keys import Signer
from sandbox.botframework_records import Account, Json, Talk, Tenant


@dataclass(frozen=True)
class Answer:
    """What came back. `status` 0: nothing did (`body` says why).

    `said` is the sentence shown to the person at once; `errors` are those under a form's fields, by label; `confirm` what
    unfolded under the button first; `id` the activity that was written.
    """

    status: int
    body: Any = None
    said: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    confirm: str = ""
    id: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def also(self, **more: Any) -> Answer:
        return replace(self, **more)


@dataclass
class Courier:
    tenant: Tenant
    signer: Signer
    service_url: str = ""
    bot_url: str = ""
    path: str = "/api/messages"
    within: float = 15.0
    """Seconds the bot has to answer (Microsoft Teams: then "BotTimeout")."""
    sent: list[tuple[Json, dict[str, str], Answer]] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(headers={"User-Agent": "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)"})

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def activity(self, kind: str, account: Account, talk: Talk, **more: Any) -> Json:
        """An activity as Teams sends it (activity schema, InboundActivity)."""
        conversation: Json = {"conversationType": talk.kind, "tenantId": account.tenant, "id": talk.id}
        if talk.kind != "personal":
            conversation |= {"isGroup": True, "name": talk.name}
        body: Json = {
            "type": kind,
            "id": self.tenant.new_id() if kind == "message" else f"f:{self.tenant.new_id()}",
            "timestamp": "2026-05-18T09:15:00.000Z",
            "serviceUrl": self.service_url,
            "channelId": "msteams",
            "from": {"id": account.id, "name": account.name, "aadObjectId": account.entra},
            "conversation": conversation,
            "recipient": {"id": self.tenant.bot, "name": self.tenant.bot_name},
            "channelData": {"tenant": {"id": account.tenant}},
            "locale": account.locale,
            "localTimezone": account.zone,
            "entities": [{"type": "clientInfo", "locale": account.locale, "platform": "Web", "timezone": account.zone}],
        }
        return body | more

    def token(self, **changes: Any) -> str:
        """A good token for the bot, or with other claims; None takes one away."""
        claims = self.signer.claims(self.tenant.app_id, self.service_url) | changes
        return self.signer.sign({name: value for name, value in claims.items() if value is not None})

    async def deliver(self, activity: Json, *, token: str | None = None) -> Answer:
        """`token` "" sends none."""
        signed = self.token() if token is None else token
        return await self.send(activity, {"Authorization": f"Bearer {signed}"} if signed else {})

    async def send(self, activity: Json, headers: dict[str, str]) -> Answer:
        answer = await self.post(json.dumps(activity).encode(), headers | {"Content-Type": "application/json; charset=utf-8"})
        self.sent.append((activity, headers, answer))
        return answer

    async def again(self, number: int = -1) -> Answer:
        """The same once more, byte for byte."""
        activity, headers, _ = self.sent[number]
        return await self.send(activity, headers)

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Anything at all."""
        if self._session is None:
            raise RuntimeError("the stand-in is not started")
        try:
            async with (
                asyncio.timeout(self.within),
                self._session.post(self.bot_url + self.path, data=body, headers=headers) as response,
            ):
                raw = await response.read()
        except TimeoutError:
            return Answer(0, "timeout")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(0, type(error).__name__)
        try:
            return Answer(response.status, json.loads(raw) if raw else None)
        except ValueError:
            return Answer(response.status, raw.decode("utf-8", "replace"))
