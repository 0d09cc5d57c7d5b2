"""The queue of whoever decides. (Being written: shows none yet.)"""

from __future__ import annotations

from cards.views_review import QueueFilter, QueueView
from dialogs.services import Services
from integrations.base import Account


async def queue_view(services: Services, reader: Account, is_admin: bool, chosen: QueueFilter) -> QueueView | None:
    return None
