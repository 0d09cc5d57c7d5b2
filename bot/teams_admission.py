"""Which authenticated activities are let in: Teams only, from hosts and tenants that are on the lists, by somebody with an id.

A token says that the Bot Framework sent something; these checks tie it to this activity (security: T11, T12, section 6.2).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from bot.settings import is_loopback
from bot.teams_inbound import part, tenants_of
from bot.teams_tokens import Claims, Denied
from cards.received import text_in

CHANNEL: Final = "msteams"
_BY_PEOPLE: Final = frozenset({"message", "invoke", "messageReaction", "messageUpdate", "messageDelete", "event", "typing"})
"""Activities that somebody does; the rest is Teams itself speaking of an installation or a conversation."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The lists. `hosts` and `tenants` in lower case, hosts without ports."""

    tenants: frozenset[str]
    hosts: frozenset[str]

    def check(self, body: Mapping[str, Any], claims: Claims | None) -> None:
        """Raises Denied or Malformed. `claims` is None where tokens are not checked: on a set-up that never leaves this machine."""
        kind = text_in(body, "type", needed=True, longest=40)
        if text_in(body, "channelId", longest=40) != CHANNEL:
            raise Denied(403, "another channel than Teams")
        service_url = text_in(body, "serviceUrl", longest=300)
        if claims is not None:
            if CHANNEL not in claims.endorsements:
                raise Denied(401, "the token's key is not endorsed for Teams")
            claimed = claims.service_url
            if not service_url or not isinstance(claimed, str) or not _same(claimed, service_url):
                raise Denied(401, "the token is for another serviceUrl")
        if not self.reachable(service_url):
            raise Denied(403, "a serviceUrl that is not on the list")
        said, channel_said = tenants_of(body)
        if not said or said != channel_said or said.lower() not in self.tenants:
            raise Denied(403, "a tenant that is not on the list")
        if kind in _BY_PEOPLE and not text_in(part(body, "from"), "aadObjectId", longest=64):
            raise Denied(403, "somebody without an Entra id")

    def reachable(self, service_url: str) -> bool:
        """Whether posts may go there: https (or this machine), and a host of the list."""
        return _reachable(service_url, self.hosts)


@lru_cache(maxsize=256)
def _reachable(service_url: str, hosts: frozenset[str]) -> bool:
    try:
        parts = urlsplit(service_url)
        host = (parts.hostname or "").lower()
        _ = parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.query or parts.fragment or any(letter in service_url for letter in " \\\r\n\t"):
        return False
    return host in hosts and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
