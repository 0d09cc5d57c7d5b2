"""From a platform's profile to exactly one Okta person, the same for every platform (security brief, I3)."""

from __future__ import annotations

from dialogs.chat import Bind, Bound, Profile
from integrations.base import Directory, SystemFault


async def bound(profile: Profile, directory: Directory | None, platform: str) -> Bound:
    """One look-up in Okta by the profile's e-mail, compared after the fetch (`Directory.find`). `platform` is its name
    for people. Nobody, several, and people from outside are NONE; what cannot be asked is UNKNOWN."""
    if profile.outside:
        return Bound(Bind.NONE, profile, why=profile.outside)
    if not profile.email:
        return Bound(Bind.NONE, profile, why=f"no e-mail in the {platform} profile")
    if directory is None:
        return Bound(Bind.UNKNOWN, profile, why="Okta is not configured")
    try:
        found = await directory.find(profile.email)
    except SystemFault as fault:
        return Bound(Bind.UNKNOWN, profile, why=f"Okta: {fault.reason}")
    if len(found) != 1:
        return Bound(Bind.NONE, profile, why="no Okta account" if not found else "several Okta accounts")
    return Bound(Bind.ONE, profile, found[0])
