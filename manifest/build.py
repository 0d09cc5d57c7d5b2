"""The app manifests of one deployment, from the templates beside this file.

`slack.json` is the Socket Mode variant; a public address turns it into the HTTP one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
