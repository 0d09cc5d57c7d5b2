"""What settings say together: contradictions that stop every verb, and what only `serve` needs.

The rule behind most of it (interface, section 2): plain http, empty secrets and unauthenticated Teams are for
this machine alone. So each check names the addresses that it concerns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.settings_forms import is_loopback
from bot.settings_problem import Problem

if TYPE_CHECKING:
    from bot.settings import Settings

AUDIT_KEY_LENGTH = 16
"""Characters. Shorter keys can be guessed from one row of the chain; on a loopback-only set-up any key will do."""


def addresses(s: Settings) -> Iterator[str]:
    """Every host or address that this configuration listens on or talks to."""
    yield s.host
    if s.slack_on:
        yield s.slack_api_url
    if s.teams_on:
        yield from _teams_addresses(s)
    for place in (s.okta_org_url, s.servicenow_url, s.confluence_url, s.smtp_host):
        if place:
            yield place


def _teams_addresses(s: Settings) -> tuple[str, ...]:
    return (s.host, s.teams_login_url, s.teams_openid_metadata_url, *s.teams_service_hosts)


def _local(*places: str) -> bool:
    return all(is_loopback(urlsplit(place).hostname or place) for place in places)


def derived(s: Settings, given: frozenset[str], smtp_ports: dict[str, int]) -> dict[str, Any]:
    """Defaults that depend on other settings."""
    changes: dict[str, Any] = {}
    if not s.smtp_port:
        changes["smtp_port"] = smtp_ports[s.smtp_tls]
    if "OKTA_CLIENT_AUTHORIZATIONMODE" not in given and s.okta_private_key and not s.okta_token:
        changes["okta_authorization_mode"] = "PrivateKey"
    return changes


def contradictions(s: Settings, given: frozenset[str], empty: frozenset[str]) -> Iterator[Problem]:
    """Problems of a configuration, for whichever verb. `given` are the names that have a value."""
    yield from _empty_secrets(s, empty)
    yield from _keyturn(s)
    yield from _slack(s, given)
    yield from _teams(s, given)
    yield from _okta(s, given)
    yield from _servicenow(s, given)
    yield from _confluence(s, given)
    yield from _smtp(s, given)


def missing_for_serve(s: Settings) -> Iterator[Problem]:
    """The least that `serve` starts with (interface, section 2)."""
    if not s.slack_on and not s.teams_on:
        yield Problem(
            "SLACK_BOT_TOKEN",
            "No chat is configured: set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP); "
            "or TEAMS_APP_ID, TEAMS_APP_PASSWORD and TEAMS_TENANT_IDS.",
        )
    if not s.okta_on:
        yield Problem("OKTA_CLIENT_ORGURL", "Okta is not configured: set OKTA_CLIENT_ORGURL, and OKTA_CLIENT_TOKEN or a private key.")
    if not s.policy:
        yield Problem("KEYTURN_POLICY", "KEYTURN_POLICY is not set: say where the policy page is, such as file:policy.md or confluence.")
    elif s.policy == "sharepoint":
        yield Problem("KEYTURN_POLICY", "KEYTURN_POLICY is sharepoint, which comes in a later version; use file:PATH or confluence.")
    elif s.policy_path is not None and not s.policy_path.is_file():
        yield Problem("KEYTURN_POLICY", f"KEYTURN_POLICY names the file {s.policy_path}, which is not there.")
    if not s.audit_key:
        yield Problem(
            "KEYTURN_AUDIT_KEY",
            "KEYTURN_AUDIT_KEY is not set: it seals the audit log; make one with `openssl rand -hex 32` and keep it.",
        )
    if not s.fallback_owner:
        yield Problem("KEYTURN_FALLBACK_OWNER", "KEYTURN_FALLBACK_OWNER is not set: give the e-mail of who decides when no owner is known.")
    if not s.admins:
        yield Problem("KEYTURN_ADMINS", "KEYTURN_ADMINS is not set: give the e-mail of at least one administrator.")


def _empty_secrets(s: Settings, empty: frozenset[str]) -> Iterator[Problem]:
    concerned: dict[str, tuple[str, ...]] = {
        "SLACK": (s.host, s.slack_api_url),
        "TEAMS": _teams_addresses(s),
        "OKTA": (s.okta_org_url,),
        "SERVICENOW": (s.servicenow_url,),
        "CONFLUENCE": (s.confluence_url,),
        "SHAREPOINT": (s.graph_url, s.graph_login_url),
        "SMTP": (s.smtp_host,),
    }
    for name in empty:
        places = concerned.get(name.split("_")[0])
        if name == "KEYTURN_DATABASE_URL":
            continue  # no value means the default, as for every setting that is no credential
        if places is None or not _local(*(place for place in places if place)):
            yield Problem(name, f"{name} is set but empty; give it a value, or remove the line.")


def _keyturn(s: Settings) -> Iterator[Problem]:
    key = s.audit_key.get_secret_value()
    if key and len(key) < AUDIT_KEY_LENGTH and not s.local_only:
        yield Problem("KEYTURN_AUDIT_KEY", f"KEYTURN_AUDIT_KEY is too short; use {AUDIT_KEY_LENGTH} characters or more.")
    if s.policy == "confluence":
        if not s.confluence_on:
            yield Problem("KEYTURN_POLICY", "KEYTURN_POLICY is confluence, but CONFLUENCE_URL is not set.")
        if not s.confluence_policy_page_id:
            yield Problem("CONFLUENCE_POLICY_PAGE_ID", "KEYTURN_POLICY is confluence, but CONFLUENCE_POLICY_PAGE_ID is not set.")


def _slack(s: Settings, given: frozenset[str]) -> Iterator[Problem]:
    if not s.slack_on:
        yield from _orphans("SLACK_BOT_TOKEN", given, "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SLACK_TEAM_IDS")
        return
    bot, app = s.slack_bot_token.get_secret_value(), s.slack_app_token.get_secret_value()
    if bot.startswith(("xapp-", "xoxp-")):
        yield Problem("SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN is not a bot token; those start with xoxb- (OAuth & Permissions).")
    if app.startswith(("xoxb-", "xoxp-")):
        yield Problem("SLACK_APP_TOKEN", "SLACK_APP_TOKEN is not an app-level token; those start with xapp- (Basic Information).")
    if not app and not s.slack_signing_secret:
        yield Problem(
            "SLACK_SIGNING_SECRET", "Slack cannot reach the bot: set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP."
        )


def _teams(s: Settings, given: frozenset[str]) -> Iterator[Problem]:
    if not s.teams_on:
        yield from _orphans("TEAMS_APP_ID", given, "TEAMS_APP_PASSWORD", "TEAMS_TENANT_IDS")
        return
    if not s.teams_app_password and not _local(*_teams_addresses(s)):
        yield Problem("TEAMS_APP_PASSWORD", "TEAMS_APP_PASSWORD is not set: without it anybody could speak to the bot as anybody.")
    if not s.teams_tenant_ids:
        yield Problem("TEAMS_TENANT_IDS", "TEAMS_TENANT_IDS is not set: name the tenants that are let in, your own first.")


def _okta(s: Settings, given: frozenset[str]) -> Iterator[Problem]:
    if not s.okta_on:
        yield from _orphans("OKTA_CLIENT_ORGURL", given, "OKTA_CLIENT_TOKEN", "OKTA_CLIENT_PRIVATEKEY")
        return
    host = urlsplit(s.okta_org_url).hostname or ""
    if host.split(".")[0].endswith("-admin"):
        yield Problem("OKTA_CLIENT_ORGURL", "OKTA_CLIENT_ORGURL is the address of the admin console; leave out -admin.")
    if s.okta_token.get_secret_value().upper().startswith("SSWS"):
        yield Problem("OKTA_CLIENT_TOKEN", "OKTA_CLIENT_TOKEN must be the token alone, without SSWS.")
    by_key = s.okta_authorization_mode == "PrivateKey" or (
        "OKTA_CLIENT_AUTHORIZATIONMODE" not in given and bool(s.okta_private_key) and not s.okta_token
    )
    if not by_key:
        if not s.okta_token and not _local(s.okta_org_url):
            yield Problem("OKTA_CLIENT_TOKEN", "OKTA_CLIENT_TOKEN is not set, and no private key either, but OKTA_CLIENT_ORGURL is.")
        return
    if not s.okta_client_id:
        yield Problem("OKTA_CLIENT_CLIENTID", "OKTA_CLIENT_CLIENTID is not set; a private key needs the client it belongs to.")
    if not s.okta_private_key:
        yield Problem("OKTA_CLIENT_PRIVATEKEY", "OKTA_CLIENT_PRIVATEKEY is not set, but OKTA_CLIENT_AUTHORIZATIONMODE is PrivateKey.")
    elif not _is_key(s.okta_private_key.get_secret_value()):
        yield Problem("OKTA_CLIENT_PRIVATEKEY", "OKTA_CLIENT_PRIVATEKEY is neither a PEM private key nor a JWK.")


def _is_key(value: str) -> bool:
    bare = value.strip()
    if bare.startswith("-----BEGIN") and "PRIVATE KEY-----" in bare:
        return True
    try:
        return isinstance(read := json.loads(bare), dict) and "kty" in read and "d" in read
    except ValueError:
        return False


def _servicenow(s: Settings, given: frozenset[str]) -> Iterator[Problem]:
    if not s.servicenow_on:
        yield from _orphans("SERVICENOW_URL", given, "SERVICENOW_USER", "SERVICENOW_PASSWORD")
        return
    if not s.servicenow_user:
        yield Problem("SERVICENOW_USER", "SERVICENOW_USER is not set, but SERVICENOW_URL is.")
    if not s.servicenow_password and not _local(s.servicenow_url):
        yield Problem("SERVICENOW_PASSWORD", "SERVICENOW_PASSWORD is not set, but SERVICENOW_URL is.")


def _confluence(s: Settings, given: frozenset[str]) -> Iterator[Problem]:
    if not s.confluence_on:
        yield from _orphans("CONFLUENCE_URL", given, "CONFLUENCE_USER", "CONFLUENCE_API_TOKEN")
        return
    host = urlsplit(s.confluence_url).hostname or ""
    if host.endswith(".atlassian.net") and not s.confluence_url.endswith("/wiki"):
        yield Problem("CONFLUENCE_URL", "CONFLUENCE_URL must end in /wiki for Confluence Cloud.")
    if not s.confluence_api_token and not _local(s.confluence_url):
        yield Problem("CONFLUENCE_API_TOKEN", "CONFLUENCE_API_TOKEN is not set, but CONFLUENCE_URL is.")
    if s.confluence_policy_page_id and not s.confluence_policy_page_id.isdecimal():
        yield Problem("CONFLUENCE_POLICY_PAGE_ID", "CONFLUENCE_POLICY_PAGE_ID must be the number in the page's address.")


def _smtp(s: Settings, given: frozenset[str]) -> Iterator[Problem]:
    if not s.smtp_on:
        yield from _orphans("SMTP_HOST", given, "SMTP_FROM", "SMTP_USERNAME", "SMTP_PASSWORD")
        return
    if not s.smtp_from:
        yield Problem("SMTP_FROM", "SMTP_FROM is not set, but SMTP_HOST is; every mail needs a sender.")
    if s.smtp_tls == "none" and not _local(s.smtp_host):
        yield Problem("SMTP_TLS", "SMTP_TLS is none, which is accepted to this machine (loopback) only; use starttls or tls.")
    if s.smtp_username and not s.smtp_password and not _local(s.smtp_host):
        yield Problem("SMTP_PASSWORD", "SMTP_PASSWORD is not set, but SMTP_USERNAME is.")


def _orphans(needed: str, given: frozenset[str], *names: str) -> Iterator[Problem]:
    """A system that is half configured is a mistake, not a system that is off."""
    for name in names:
        if name in given:
            yield Problem(needed, f"{needed} is not set, but {name} is.")
            return
