"""The administrators' side. (Being written.)"""

from __future__ import annotations

from cards.views_review import AdminView, Frozen, PolicyDifference, TryResult
from dialogs.errors import Declined
from dialogs.policy_in_force import PolicyShelf
from dialogs.services import Services
from integrations.base import Health


async def admin_view(services: Services, shelf: PolicyShelf, health: tuple[Health, ...]) -> AdminView:
    return AdminView()


async def pause(services: Services, by: str, reason: str) -> None:
    raise Declined("Not yet.")


async def resume(services: Services, by: str) -> None:
    raise Declined("Not yet.")


async def unfreeze(value: str, by: str, reason: str) -> None:
    raise Declined("Not yet.")


async def frozen(value: str) -> Frozen:
    raise Declined("Not yet.")


async def difference(shelf: PolicyShelf, value: str) -> PolicyDifference:
    raise Declined("Not yet.")


async def try_case(requester: str, target: str, app: str, services: Services) -> TryResult:
    raise Declined("Not yet.")
