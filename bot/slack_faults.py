"""What Slack's SDK raises, as errors by consequence."""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from dialogs.chat import Gone, Unreachable
from integrations.base import Refused, SystemFault, Unavailable

PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
GONE = frozenset(
    {"message_not_found", "thread_not_found", "cannot_reply_to_message", "cant_update_message", "edit_window_closed", "cant_find_message"}
)
CLOSED = frozenset(
    {
        "channel_not_found",
        "user_not_found",
        "users_not_found",
        "user_disabled",
        "cannot_dm_bot",
        "is_archived",
        "not_in_channel",
        "user_not_visible",
        "messages_tab_disabled",
        "no_permission",
        "restricted_action",
        "not_allowed",
        "cannot_message_user",
    }
)


def code_of(error: BaseException) -> str:
    """Slack's own word for what went wrong, "" when its answer has none.

    A page of a proxy has no JSON: the SDK then keeps its text, or aiohttp's own response, and looking for a key in
    either fails.
    """
    response = getattr(error, "response", None)
    data = getattr(response, "data", response)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def named_fault(error: BaseException) -> SystemFault:
    """Unavailable or Refused; never the text of a request."""
    if isinstance(error, SlackApiError):
        code = code_of(error)
        status = getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0)
        if status == 429 or status >= 500 or code in PASSING or not code:
            after = str((getattr(error.response, "headers", None) or {}).get("Retry-After", ""))
            return Unavailable("Slack", f"answered {code or status}", retry_after=float(after) if after.isdigit() else None)
        return Refused("Slack", f"answered {code}", code=code, status=status)
    if isinstance(error, TimeoutError):
        return Unavailable("Slack", "did not answer in time", sent=True)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unavailable("Slack", "cannot be reached")
    if isinstance(error, aiohttp.ClientError | OSError | SlackClientError | ValueError | AttributeError):
        return Unavailable("Slack", f"the call failed ({type(error).__name__})", sent=True)
    raise error


def message_fault(error: BaseException) -> Exception:
    """The same for messages: Gone and Unreachable are told apart from what passes."""
    code = code_of(error)
    if code in GONE:
        return Gone(code)
    if code in CLOSED:
        return Unreachable(code)
    return named_fault(error)


FAULTS = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError)
"""What a call of the SDK can raise: a time-out comes raw, not as SlackApiError; text with status 200 is an AttributeError."""
