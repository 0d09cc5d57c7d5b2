"""The clients of other systems, built from settings; a system that is not configured is None.

Each client's module, and the SDK behind it, is imported only when its system is configured.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

from bot.settings import Problem, Settings, SettingsProblem, is_loopback

if TYPE_CHECKING:
    import aiohttp

    from integrations.base import Checked
    from integrations.confluence import Confluence
    from integrations.mail import Mail
    from integrations.okta import Okta
    from integrations.policy_file import PolicyFile
    from integrations.servicenow import ServiceNow

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
"""Last bounds of the shared session; each client sets shorter ones for its calls."""


@dataclass(slots=True)
class Systems:
    """What this installation is connected to. Close it when done; the HTTP session is the caller's."""

    directory: Okta | None = None
    desk: ServiceNow | None = None
    policy_source: PolicyFile | Confluence | None = None
    post: Mail | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def checked(self) -> Iterator[Checked]:
        """Everything that can be asked how it is, in the order that people read it."""
        for system in (self.directory, self.desk, self.policy_source, self.post):
            if system is not None:
                yield system

    def close(self) -> None:
        """Ends the threads of the blocking SDKs. Does not wait for a call that hangs."""
        self._open.close()


def open_session(settings: Settings) -> aiohttp.ClientSession:
    """The HTTP session that Okta's client shares: verified TLS, bounded, pooled. To be called in the event loop.

    A proxy of the environment is used except towards this machine. Raises SettingsProblem for a wrong SSL_CERT_FILE.
    """
    import aiohttp

    from integrations import tls

    try:
        context = tls.context()
    except ValueError as error:
        raise SettingsProblem([Problem("SSL_CERT_FILE", f"{error}.".replace("..", "."))]) from error
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=64, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS),
        trust_env=not is_loopback(urlsplit(settings.okta_org_url).hostname or ""),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def build(settings: Settings, session: aiohttp.ClientSession) -> Systems:
    """Clients for what is configured; nothing is asked yet. SettingsProblem when one of them cannot work at all."""
    systems = Systems()
    try:
        _build_into(systems, settings, session)
    except ValueError as error:
        # Clients check once more what they are given, and name the setting without its value.
        systems.close()
        sentence = str(error)
        raise SettingsProblem([Problem(sentence.partition(" ")[0], sentence if sentence.endswith(".") else sentence + ".")]) from error
    return systems


def _build_into(systems: Systems, s: Settings, session: aiohttp.ClientSession) -> None:
    if s.okta_on:
        from integrations.okta import Okta

        by_key = s.okta_authorization_mode == "PrivateKey"
        systems.directory = Okta(
            s.okta_org_url,
            session=session,
            token="" if by_key else s.okta_token.get_secret_value(),
            client_id=s.okta_client_id if by_key else "",
            private_key=s.okta_private_key.get_secret_value() if by_key else "",
            kid=s.okta_kid,
            scopes=s.okta_scopes,
            canary_admin=s.okta_canary_admin,
        )
    if s.servicenow_on:
        from integrations.servicenow import ServiceNow

        systems.desk = ServiceNow(
            s.servicenow_url,
            s.servicenow_user,
            s.servicenow_password.get_secret_value(),
            assignment_group=s.servicenow_assignment_group,
            close_code=s.servicenow_close_code,
        )
        systems._open.callback(systems.desk.close)
    systems.policy_source = policy_source(s)
    if systems.policy_source is not None:
        systems._open.callback(systems.policy_source.close)
    if s.smtp_on:
        from integrations.mail import Mail

        systems.post = Mail(
            s.smtp_host,
            s.smtp_port,
            s.smtp_from,
            username=s.smtp_username,
            password=s.smtp_password.get_secret_value(),
            tls_mode=cast(Literal["starttls", "tls", "none"], s.smtp_tls),  # one_of() in the settings allows no other
        )
        systems._open.callback(systems.post.close)


def policy_source(s: Settings) -> PolicyFile | Confluence | None:
    """Where the policy page is read. ValueError for one that cannot work, SettingsProblem for one that comes later."""
    if s.policy_path is not None:
        from integrations.policy_file import PolicyFile

        return PolicyFile(str(s.policy_path))
    if s.policy == "confluence":
        from integrations.confluence import Confluence

        return Confluence(
            s.confluence_url,
            s.confluence_api_token.get_secret_value(),
            s.confluence_policy_page_id,
            user=s.confluence_user,
            space=s.confluence_space,
        )
    if s.policy == "sharepoint":
        sentence = "KEYTURN_POLICY is sharepoint, which comes in a later version; use file:PATH or confluence."
        raise SettingsProblem([Problem("KEYTURN_POLICY", sentence)])
    return None
