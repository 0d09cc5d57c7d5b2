"""Which addresses a client may talk to: encrypted, or on this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an IP address, no port) can only be this machine. Names are not looked up."""
    name = host.strip("[]").rstrip(".").casefold()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def base_url(url: str, setting: str) -> str:
    """`url` without a slash at its end, if a client may be pointed at it.

    Raises ValueError (naming `setting`, never repeating the address) for another scheme than https, except http
    to loopback, and for an address with credentials, a query or a fragment in it.
    """
    parts = urlsplit(url.strip())
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError(f"{setting} must be an address that starts with https://")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"{setting} must use https: plain http is allowed to this machine only")
    if parts.username or parts.password:
        raise ValueError(f"{setting} must not contain a user or a password")
    if parts.query or parts.fragment:
        raise ValueError(f"{setting} must not contain a query or a fragment")
    return url.strip().rstrip("/")
