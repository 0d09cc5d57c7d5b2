"""A request in detail. (Being written.)"""

from __future__ import annotations

from cards.views_review import DetailView, OwnDetailView
from dialogs.chat import Identity
from dialogs.errors import NotFound
from dialogs.services import Services
from integrations.base import Account


async def detail_for(services: Services, account: Account, who: Identity, request_id: str) -> DetailView | OwnDetailView:
    raise NotFound(f"I don't see a request {request_id} that you may look at.")
