"""The app manifests of one deployment, from the templates beside this file.

`slack.json` is the Socket Mode variant; a public address turns it into the HTTP one. `teams/` is an app package: the manifest
and its two icons.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).parent
SCOPES = {
    "app_mentions:read": "hear a mention, which starts a request",
    "assistant:write": "suggested prompts where the workspace has agents",
    "chat:write": "answer, and keep messages true by editing them",
    "commands": "the slash command and the message shortcut",
    "files:read": "see name, size and type of an attached file; its content is never fetched",
    "im:history": "hear direct messages to the app",
    "im:write": "open a direct message with the requester or an approver",
    "users:read": "tell members from guests and bots; the person's language and time zone",
    "users:read.email": "find the Okta account of a member",
}
"""Each scope with its reason; the manifest has exactly these."""


def slack(public_url: str = "") -> dict[str, Any]:
    """The Slack manifest. `public_url` (https, without a path) makes it the HTTP variant; "" keeps Socket Mode."""
    manifest: dict[str, Any] = json.loads((HERE / "slack.json").read_text(encoding="utf-8"))
    if public_url:
        address = f"{public_url.rstrip('/')}/slack/events"
        manifest["settings"]["socket_mode_enabled"] = False
        manifest["settings"]["event_subscriptions"]["request_url"] = address
        manifest["settings"]["interactivity"]["request_url"] = address
        manifest["settings"]["interactivity"]["message_menu_options_url"] = address
        for command in manifest["features"]["slash_commands"]:
            command["url"] = address
    return manifest


def teams_manifest(app_id: str, *, developer: str = "", website: str = "", public_url: str = "") -> dict[str, Any]:
    """The Teams manifest. `app_id` is the bot's app id (a GUID), which the app takes as its own id too.

    `developer` (32 characters) and `website` (https) are who people see behind the app; the template's example.com otherwise.
    `public_url` is the https address of the process: its host becomes a valid domain.
    """
    manifest: dict[str, Any] = json.loads((HERE / "teams/manifest.json").read_text(encoding="utf-8"))
    manifest["id"] = manifest["bots"][0]["botId"] = app_id.lower()
    if developer:
        manifest["developer"]["name"] = developer[:32]
    if website:
        at = website.rstrip("/")
        manifest["developer"] |= {"websiteUrl": at, "privacyUrl": f"{at}/privacy", "termsOfUseUrl": f"{at}/terms"}
    host = urlsplit(public_url).hostname
    manifest["validDomains"] = [host] if host else []
    return manifest


def teams(app_id: str, *, developer: str = "", website: str = "", public_url: str = "") -> bytes:
    """The app package to upload: a zip with the manifest and both icons in its root, the same bytes for the same arguments."""
    manifest = teams_manifest(app_id, developer=developer, website=website, public_url=public_url)
    files = {"manifest.json": (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()}
    files |= {name: (HERE / "teams" / name).read_bytes() for name in manifest["icons"].values()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
