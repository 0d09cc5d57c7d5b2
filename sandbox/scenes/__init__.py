"""Every scene of the demo, a family a file. A new one is a function and a line in its family's SCENES."""

from __future__ import annotations

from sandbox.scene import Scene
from sandbox.scenes import accounts, applications, hostile, identity, outages, places, review, self_service, teams, third_party, twice

SCENES: tuple[Scene, ...] = (
    *self_service.SCENES,
    *places.SCENES,
    *outages.SCENES,
    *applications.SCENES,
    *accounts.SCENES,
    *review.SCENES,
    *teams.SCENES,
    *third_party.SCENES,
    *identity.SCENES,
    *twice.SCENES,
    *hostile.SCENES,
)


def named(name: str) -> Scene | None:
    return next((scene for scene in SCENES if scene.name == name), None)
