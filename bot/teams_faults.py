"""What the connector raises for a message, as dialogs.chat tells it: gone, not reachable, or the fault itself."""

from __future__ import annotations

from typing import Final

from dialogs.chat import Gone, Unreachable
from integrations.base import Missing, Refused, SystemFault

GONE: Final = frozenset({"ActivityNotFoundInConversation", "ActivityNotFound", "MessageNotFound"})


def message_fault(fault: SystemFault, *, edit: bool = False) -> Exception:
    """403 says that the app is not installed for the person, was removed or is blocked; it will not pass by itself."""
    if isinstance(fault, Missing):
        return Gone(fault.reason) if edit else Unreachable(fault.reason)
    if isinstance(fault, Refused):
        if edit and fault.code in GONE:
            return Gone(fault.reason)
        if fault.status == 403 or fault.code in {"BotNotInConversationRoster", "ConversationNotFound", "ConversationBlockedByUser"}:
            return Unreachable(fault.reason)
    return fault
