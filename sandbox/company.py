"""All stand-ins of one small company, and the settings that point Keyturn at them.

The demo, the story tests and the benchmarks stand on this. Keyturn itself runs as its own process, exactly as
in production: only addresses and credentials differ.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from sandbox import world
from sandbox.botframework import BotFrameworkStandIn
from sandbox.confluence import POLICY_PAGE_ID, SPACE, ConfluenceStandIn
from sandbox.mail import MailStandIn
from sandbox.okta import TOKEN, OktaStandIn
from sandbox.servicenow import ServiceNowStandIn
from sandbox.slack import SlackStandIn
from sandbox.stand_in import StandIn

ROOT = Path(__file__).parent.parent
AUDIT_KEY = "sandbox-audit-key-0123456789"
START_SECONDS = 30.0
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")


class NotStarted(Exception):
    """Keyturn did not get ready; the message carries the end of what it said."""


def free_port() -> int:
    """A port of the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Company:
    """The outside world. `policy_from` is file or confluence, `slack_on` and `teams` say which chat there is, `extra` are
    further settings."""

    folder: Path
    mode: str = "enforce"
    policy_from: str = "file"
    socket_mode: bool = False
    slack_on: bool = True
    teams: bool = False
    policy: str = world.POLICY
    extra: dict[str, str] = field(default_factory=dict)
    port: int = 0
    okta: OktaStandIn = field(default_factory=OktaStandIn)
    slack: SlackStandIn = field(default_factory=SlackStandIn)
    botframework: BotFrameworkStandIn = field(default_factory=BotFrameworkStandIn)
    """Microsoft Teams; started when `teams` is set."""
    servicenow: ServiceNowStandIn = field(default_factory=ServiceNowStandIn)
    confluence: ConfluenceStandIn = field(default_factory=ConfluenceStandIn)
    mail: MailStandIn = field(default_factory=MailStandIn)
    process: asyncio.subprocess.Process | None = None
    said: Path = field(init=False)
    """Where the process's standard error goes."""

    def __post_init__(self) -> None:
        self.said = self.folder / "keyturn.log"
        (self.folder / "policy.md").write_text(self.policy, encoding="utf-8")

    async def open(self) -> None:
        for stand_in in self.stand_ins:
            await stand_in.start()
        self.port = self.port or free_port()
        self.slack.bot_url = self.botframework.bot_url = self.url
        if self.socket_mode:
            self.slack.transport = "socket"

    async def close(self) -> None:
        await self.stop()
        for stand_in in reversed(self.stand_ins):
            await stand_in.stop()

    @property
    def stand_ins(self) -> tuple[StandIn, ...]:
        """Every system that is there."""
        chat = [stand_in for stand_in, on in ((self.slack, self.slack_on), (self.botframework, self.teams)) if on]
        return (self.okta, self.servicenow, self.confluence, self.mail, *chat)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The settings of the process, and nothing of this machine's that could change it."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        transport = (
            {"SLACK_APP_TOKEN": self.slack.ws.app_token} if self.socket_mode else {"SLACK_SIGNING_SECRET": self.slack.ws.signing_secret}
        )
        slack = {"SLACK_BOT_TOKEN": self.slack.ws.bot_token, "SLACK_API_URL": self.slack.api_url, **transport}
        return {
            **kept,
            **(slack if self.slack_on else {}),
            **(self.botframework.environment if self.teams else {}),
            "PYTHONPATH": str(ROOT),
            "KEYTURN_PORT": str(self.port),
            "KEYTURN_DATABASE_URL": f"sqlite://{self.folder.resolve() / 'keyturn.db'}",
            "KEYTURN_POLICY": "confluence" if self.policy_from == "confluence" else f"file:{self.folder / 'policy.md'}",
            "KEYTURN_MODE": self.mode,
            "KEYTURN_ADMINS": world.ADMIN.email,
            "KEYTURN_FALLBACK_OWNER": world.FALLBACK_OWNER.email,
            "KEYTURN_AUDIT_KEY": AUDIT_KEY,
            "OKTA_CLIENT_ORGURL": self.okta.url,
            "OKTA_CLIENT_TOKEN": TOKEN,
            "SERVICENOW_URL": self.servicenow.url,
            "SERVICENOW_USER": self.servicenow.user,
            "SERVICENOW_PASSWORD": self.servicenow.password,
            "CONFLUENCE_URL": f"{self.confluence.url}/wiki",
            "CONFLUENCE_USER": self.confluence.user,
            "CONFLUENCE_API_TOKEN": self.confluence.token,
            "CONFLUENCE_POLICY_PAGE_ID": POLICY_PAGE_ID,
            "CONFLUENCE_SPACE": SPACE,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.mail.smtp_port),
            "SMTP_TLS": "none",
            "SMTP_USERNAME": self.mail.username,
            "SMTP_PASSWORD": self.mail.password,
            "SMTP_FROM": "Password Reset <password-reset@example.com>",
            **self.extra,
        }

    # ------------------------------------------------------------ the process

    async def start(self) -> None:
        """Starts `keyturn serve` and waits until it is ready. Raises NotStarted."""
        with self.said.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "serve", cwd=self.folder, env=self.environment(), stdout=log, stderr=log
            )
        try:
            async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
                while not await self._ready(session):
                    if self.process.returncode is not None:
                        raise NotStarted(f"keyturn serve ended with {self.process.returncode}: {self.tail()}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise NotStarted(f"keyturn serve was not ready in {START_SECONDS:.0f} s: {self.tail()}") from None

    async def _ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def stop(self) -> int | None:
        """SIGTERM, then waits; answers the exit code."""
        process = self.process
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(20):
                    await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.process = None
        return process.returncode

    async def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()
            self.process = None

    async def keyturn(self, *arguments: str) -> tuple[int, str, str]:
        """Runs a verb of the command line beside the process: exit code, standard output, standard error."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments, cwd=self.folder, env=self.environment(),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def accept_policy(self) -> None:
        code, _, err = await self.keyturn("policy", "accept", "--by", world.ADMIN.email, "--yes")
        if code:
            raise NotStarted(f"the policy was not accepted: {err}")

    def tail(self, lines: int = 12) -> str:
        return "\n".join(self.said.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]) if self.said.exists() else ""


@contextlib.asynccontextmanager
async def company(**options: object) -> AsyncIterator[Company]:
    """A company in a temporary folder, with its policy accepted and Keyturn running."""
    with tempfile.TemporaryDirectory(prefix="keyturn-") as folder:
        made = Company(Path(folder), **options)  # type: ignore[arg-type]  # passed on as they are
        await made.open()
        try:
            await made.accept_policy()
            await made.start()
            yield made
        finally:
            await made.close()
