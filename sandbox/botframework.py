"""The Teams stand-in: one tenant over real HTTP, with the Bot Framework's keys, sign-in and connector.

Point a bot at `openid_url`, `url` (sign-in) and host 127.0.0.1 with `tenant.app_id` and `tenant.password`; set `bot_url` to
where it listens. People act through the methods of `Acting`, and see through those of `Seeing`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from sandbox.botframework_acting import Acting
from sandbox.botframework_connector import Connector
from sandbox.botframework_delivery import Answer, Courier
from sandbox.botframework_keys import Signer
from sandbox.botframework_records import Tenant
from sandbox.stand_in import StandIn

__all__ = ["Answer", "BotFrameworkStandIn"]
PREFIX = "/teams"


@dataclass
class BotFrameworkStandIn(Acting, StandIn):
    """`pace=True` turns Teams' rate limits on."""

    name: str = "teams"
    pace: bool = False
    tenant: Tenant = field(default_factory=Tenant)
    signer: Signer = field(default_factory=lambda: Signer("https://api.botframework.sandbox"))
    connector: Connector = field(init=False)
    courier: Courier = field(init=False)

    def __post_init__(self) -> None:
        self.connector = Connector(self.tenant, self.signer, self.pace)
        self.courier = Courier(self.tenant, self.signer)

    def routes(self, app: web.Application) -> None:
        self.connector.routes(app, PREFIX)

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self.courier.service_url = self.service_url
        await self.courier.open()

    async def stop(self) -> None:
        await self.courier.close()
        await super().stop()

    @property
    def service_url(self) -> str:
        return f"{self.url}{PREFIX}/"

    @property
    def openid_url(self) -> str:
        return f"{self.url}/v1/.well-known/openidconfiguration"

    @property
    def bot_url(self) -> str:
        return self.courier.bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self.courier.bot_url = url

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a bot that lives here."""
        return {
            "TEAMS_APP_ID": self.tenant.app_id,
            "TEAMS_APP_PASSWORD": self.tenant.password,
            "TEAMS_TENANT_IDS": self.tenant.id,
            "TEAMS_OPENID_METADATA_URL": self.openid_url,
            "TEAMS_LOGIN_URL": self.url,
            "TEAMS_SERVICE_HOSTS": "127.0.0.1",
        }

    def too_many(self) -> web.Response:
        return web.json_response({"error": {"code": "TooManyRequests", "message": "slow down"}}, status=429, headers={"Retry-After": "1"})

    def state(self) -> dict[str, Any]:
        """Everything, and what each person reads."""
        people = {}
        for account in self.tenant.accounts.values():
            dialog = self.dialog_of(account.id)
            seen = self.messages(account.id)
            shown = [{"author": m.author, "text": m.text, "reading": m.reading, "buttons": m.buttons, "id": m.id} for m in seen]
            people[account.key] = {
                "name": account.name, "messages": shown,
                "dialog": {"title": dialog.title, "reading": dialog.reading, "values": dialog.values} if dialog else None,
            }  # fmt: skip
        return {"people": people, "faults": self.tenant.faults, "accounts": [asdict(one) for one in self.tenant.accounts.values()]}

    async def act(self, action: str, body: dict[str, Any]) -> Any:
        """install, uninstall, say, mention, press, choose, fill, close, rotate_keys; the body holds the arguments, and `person`."""
        given = dict(body)
        match action:
            case "install" | "uninstall" | "say" | "mention" | "press" | "choose" | "fill":
                return asdict(await getattr(self, action)(**given))
            case "close":
                await self.close(given["person"])
                return {}
            case "rotate_keys":
                self.signer.rotate(keep_old=bool(given.get("keep_old")))
                return {"kid": self.signer.kid}
        return await super().act(action, body)
