"""Every setting of Keyturn in one class, read once and passed on as values.

A field's `validation_alias` is its name in the environment. Descriptions end up in `keyturn config schema`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot import settings_check, settings_sources
from bot import settings_forms as forms
from bot.settings_forms import Address, EMail, EMails, Hosts, Items, Port, QuietHours, Secret, Text, Token, Words, is_loopback
from bot.settings_problem import Problem, SettingsProblem

__all__ = ["Problem", "QuietHours", "Settings", "SettingsProblem", "is_loopback", "load"]

OKTA_SCOPES = ("okta.users.read", "okta.users.manage", "okta.groups.read", "okta.roles.read", "okta.logs.read")
"""What the calls of integrations/okta.py need (Okta API, OAuth scopes); asked for when OKTA_CLIENT_SCOPES is not set."""

SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _set(name: str, default: Any, description: str, *, shown: bool = True) -> Any:
    return Field(default, validation_alias=name, description=description, repr=shown)


class Settings(BaseSettings):
    """A system whose settings are absent is off. Build with `load()`, which reports every problem at once."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False)

    host: Text = _set("KEYTURN_HOST", "127.0.0.1", "Address to listen on")
    port: Port = _set("KEYTURN_PORT", 3978, "The one port that listens; 0 takes a free one")
    database_url: Annotated[str, BeforeValidator(forms.database)] = _set(
        "KEYTURN_DATABASE_URL",
        "sqlite://keyturn.db",
        "sqlite://relative, sqlite:///absolute/path, or postgres://user:password@host/database",
        shown=False,  # it can hold a password
    )
    model: Annotated[str, BeforeValidator(forms.model_name)] = _set(
        "KEYTURN_MODEL", "offline", "offline, or provider:model as pydantic-ai names it; the provider's own variables then apply"
    )
    policy: Annotated[str, BeforeValidator(forms.policy_source)] = _set(
        "KEYTURN_POLICY", "", "Where the policy page is: file:PATH (relative to the working directory), confluence, sharepoint"
    )
    mode: Annotated[str, BeforeValidator(forms.one_of("observe", "enforce"))] = _set(
        "KEYTURN_MODE", "observe", "observe: the agent suggests and people decide; enforce: it acts where policy allows"
    )
    admins: EMails = _set("KEYTURN_ADMINS", (), "E-mails of Keyturn's administrators, comma-separated")
    fallback_owner: EMail = _set("KEYTURN_FALLBACK_OWNER", "", "E-mail of who decides when no better owner is known")
    log_format: Annotated[str, BeforeValidator(forms.one_of("console", "json"))] = _set(
        "KEYTURN_LOG_FORMAT", "console", "console for a terminal, json for a collector"
    )
    audit_key: Secret = _set("KEYTURN_AUDIT_KEY", SecretStr(""), "Key of the audit log's hash chain, 16 characters or more; keep it apart")
    timezone: Annotated[str, BeforeValidator(forms.zone)] = _set(
        "KEYTURN_TIMEZONE", "UTC", "IANA time zone where a person's own is not known"
    )
    quiet_hours: Annotated[QuietHours | None, BeforeValidator(forms.quiet)] = _set(
        "KEYTURN_QUIET_HOURS", None, "No reminders in these hours, such as 20:00-07:00"
    )
    review_channel: Annotated[str, BeforeValidator(forms.channel)] = _set(
        "KEYTURN_REVIEW_CHANNEL", "", "Slack channel for copies without personal data"
    )
    breaker: Annotated[int, BeforeValidator(forms.whole(0, 1_000_000))] = _set(
        "KEYTURN_BREAKER", 100, "Resets an hour before everything escalates; 0 lets none through"
    )

    slack_bot_token: Token = _set("SLACK_BOT_TOKEN", SecretStr(""), "Bot token, xoxb-...")
    slack_signing_secret: Token = _set("SLACK_SIGNING_SECRET", SecretStr(""), "Signing secret, for deliveries over HTTP")
    slack_app_token: Token = _set("SLACK_APP_TOKEN", SecretStr(""), "App-level token, xapp-...; Socket Mode when set")
    slack_team_ids: Items = _set("SLACK_TEAM_IDS", (), "Workspaces that are let in; the token's own when empty")
    slack_api_url: Annotated[str, BeforeValidator(forms.address(ends="/api/"))] = _set(
        "SLACK_API_URL", "https://slack.com/api/", "Base of the Web API; ends in /api/"
    )

    teams_app_id: Text = _set("TEAMS_APP_ID", "", "Microsoft app id of the bot")
    teams_app_password: Token = _set("TEAMS_APP_PASSWORD", SecretStr(""), "Client secret of that app")
    teams_tenant_ids: Items = _set("TEAMS_TENANT_IDS", (), "Tenants that are let in; the first is the app's own")
    teams_openid_metadata_url: Address = _set(
        "TEAMS_OPENID_METADATA_URL", "https://login.botframework.com/v1/.well-known/openidconfiguration", "For sovereign clouds"
    )
    teams_login_url: Address = _set("TEAMS_LOGIN_URL", "https://login.microsoftonline.com", "For sovereign clouds")
    teams_service_hosts: Hosts = _set("TEAMS_SERVICE_HOSTS", ("smba.trafficmanager.net",), "Hosts a serviceUrl may have, without ports")

    okta_org_url: Annotated[str, BeforeValidator(forms.address(path=False))] = _set("OKTA_CLIENT_ORGURL", "", "https://your-org.okta.com")
    okta_token: Token = _set("OKTA_CLIENT_TOKEN", SecretStr(""), "API token, without the word SSWS")
    okta_authorization_mode: Annotated[str, BeforeValidator(forms.one_of("SSWS", "PrivateKey"))] = _set(
        "OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS", "SSWS (token) or PrivateKey (service app, better: its rights can be narrow)"
    )
    okta_client_id: Text = _set("OKTA_CLIENT_CLIENTID", "", "Client id of the service app")
    okta_private_key: Secret = _set("OKTA_CLIENT_PRIVATEKEY", SecretStr(""), "Its private key, PEM or JWK")
    okta_kid: Text = _set("OKTA_CLIENT_KID", "", "Id of that key")
    okta_scopes: Words = _set("OKTA_CLIENT_SCOPES", OKTA_SCOPES, "OAuth scopes to ask for")
    okta_canary_admin: EMail = _set("OKTA_CANARY_ADMIN", "", "An administrator whose reset Okta should refuse; doctor only looks")
    okta_reset_method: Annotated[str, BeforeValidator(forms.one_of("reset_password", "forgot_password"))] = _set(
        "OKTA_RESET_METHOD", "reset_password", "reset_password, or forgot_password (needs a recovery credential)"
    )

    servicenow_url: Address = _set("SERVICENOW_URL", "", "https://your-instance.service-now.com")
    servicenow_user: Text = _set("SERVICENOW_USER", "", "Account of the integration")
    servicenow_password: Secret = _set("SERVICENOW_PASSWORD", SecretStr(""), "Its password")
    servicenow_assignment_group: Text = _set("SERVICENOW_ASSIGNMENT_GROUP", "", "Name of the group that gets the incidents")
    servicenow_close_code: Text = _set("SERVICENOW_CLOSE_CODE", "Solved (Permanently)", "Close code of resolved incidents")
    servicenow_tickets: Annotated[str, BeforeValidator(forms.one_of("all", "escalations"))] = _set(
        "SERVICENOW_TICKETS", "all", "all: an incident for each request; escalations: only where a person is needed"
    )

    confluence_url: Address = _set("CONFLUENCE_URL", "", "https://your-site.atlassian.net/wiki; ends in /wiki for Cloud")
    confluence_user: Text = _set("CONFLUENCE_USER", "", "Account of the token; empty for a personal access token")
    confluence_api_token: Token = _set("CONFLUENCE_API_TOKEN", SecretStr(""), "API token, or personal access token")
    confluence_policy_page_id: Text = _set("CONFLUENCE_POLICY_PAGE_ID", "", "Number of the policy page")
    confluence_space: Text = _set("CONFLUENCE_SPACE", "", "Key of the space with supporting pages")

    sharepoint_tenant_id: Text = _set("SHAREPOINT_TENANT_ID", "", "Tenant of the site")
    sharepoint_client_id: Text = _set("SHAREPOINT_CLIENT_ID", "", "Client id of the app registration")
    sharepoint_client_secret: Token = _set("SHAREPOINT_CLIENT_SECRET", SecretStr(""), "Its client secret")
    sharepoint_site_id: Text = _set("SHAREPOINT_SITE_ID", "", "Id of the site")
    sharepoint_policy_page_id: Text = _set("SHAREPOINT_POLICY_PAGE_ID", "", "Id of the policy page")
    graph_url: Annotated[str, BeforeValidator(forms.address(ends="/v1.0"))] = _set(
        "GRAPH_URL", "https://graph.microsoft.com/v1.0", "Base of Microsoft Graph; ends in /v1.0"
    )
    graph_login_url: Address = _set("GRAPH_LOGIN_URL", "https://login.microsoftonline.com", "Where its tokens come from")

    smtp_host: Text = _set("SMTP_HOST", "", "Mail server")
    smtp_port: Port = _set("SMTP_PORT", 0, "Its port; 587 for starttls, 465 for tls, 25 for none when not set")
    smtp_username: Text = _set("SMTP_USERNAME", "", "Account, if the server wants one")
    smtp_password: Secret = _set("SMTP_PASSWORD", SecretStr(""), "Its password")
    smtp_tls: Annotated[str, BeforeValidator(forms.one_of("starttls", "tls", "none"))] = _set(
        "SMTP_TLS", "starttls", "starttls, tls, or none (to this machine only)"
    )
    smtp_from: Annotated[str, BeforeValidator(forms.sender)] = _set("SMTP_FROM", "", "Sender of every mail")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` gathered: the stock sources know no NAME_FILE, and report unknown names without a hint."""
        return (init_settings,)

    @property
    def slack_on(self) -> bool:
        return bool(self.slack_bot_token)

    @property
    def socket_mode(self) -> bool:
        return bool(self.slack_app_token)

    @property
    def teams_on(self) -> bool:
        return bool(self.teams_app_id)

    @property
    def okta_on(self) -> bool:
        return bool(self.okta_org_url)

    @property
    def servicenow_on(self) -> bool:
        return bool(self.servicenow_url)

    @property
    def confluence_on(self) -> bool:
        return bool(self.confluence_url)

    @property
    def smtp_on(self) -> bool:
        return bool(self.smtp_host)

    @property
    def policy_path(self) -> Path | None:
        """The file of a `file:` policy, else None."""
        return Path(self.policy.removeprefix("file:").strip()) if self.policy.startswith("file:") else None

    @property
    def local_only(self) -> bool:
        """Nothing leaves this machine: it listens on loopback, and every configured system is there as well."""
        return all(is_loopback(urlsplit(place).hostname or place) for place in settings_check.addresses(self))

    def secrets(self) -> tuple[str, ...]:
        """Every secret value that is set, for masking; never to be shown."""
        kept = [value.get_secret_value() for _, value in self if isinstance(value, SecretStr) and value]
        try:
            password = urlsplit(self.database_url).password
        except ValueError:
            password = None
        return tuple(kept + ([password, unquote(password)] if password else []))

    def missing_for_serve(self) -> tuple[Problem, ...]:
        """What `serve` cannot start without (interface, section 2); () when it can."""
        return tuple(settings_check.missing_for_serve(self))


def names() -> dict[str, str]:
    """Environment name -> field name, in the order of the class."""
    return {str(info.validation_alias): field for field, info in Settings.model_fields.items()}


def secret_names() -> frozenset[str]:
    """The variables that may come from a file (NAME_FILE) and are never shown."""
    hidden = {name for name, field in names().items() if Settings.model_fields[field].annotation is SecretStr}
    return frozenset(hidden | {"KEYTURN_DATABASE_URL"})


def load(env: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process, or of `env` alone (then no `.env` is read).

    Precedence: environment, then `.env` in the working directory, then defaults. Raises SettingsProblem
    with everything that is wrong; no problem holds the value of a secret.
    """
    gathered = settings_sources.gather(env, frozenset(names()), secret_names())
    problems = list(gathered.problems)
    broken = {problem.name for problem in problems}
    values = {name: value for name, value in gathered.values.items() if name not in broken}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0])
            problems.append(Problem(name, f"{name} {fault['msg'].removeprefix('Value error, ')}"))
            broken.add(name)
        # The sound rest is looked at as well, so that one run names everything there is to repair.
        settings = Settings.model_validate({name: value for name, value in values.items() if name not in broken})
    problems += [p for p in settings_check.contradictions(settings, frozenset(values), gathered.empty) if p.name not in broken]
    if problems:
        order = list(names())
        raise SettingsProblem(sorted(problems, key=lambda p: order.index(p.name) if p.name in order else -1))
    return settings.model_copy(update=settings_check.derived(settings, frozenset(values), SMTP_PORTS))
