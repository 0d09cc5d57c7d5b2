"""Which certificates are trusted: the system's store, or the bundle that SSL_CERT_FILE names.

One answer for every client, in the two shapes that libraries ask for. Verification cannot be switched off.
"""

from __future__ import annotations

import os
import ssl
from functools import cache
from pathlib import Path

import truststore

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, the BSDs
)
"""Where systems keep their bundle. A Python that was built elsewhere looks at its builder's path, which is not here."""


@cache
def context() -> ssl.SSLContext:
    """The client context for asyncio libraries, made once.

    Raises ValueError when SSL_CERT_FILE cannot be read or holds no certificate: OpenSSL by itself would go on
    without, and every connection would fail with words that name no cause.
    """
    bundle = _named()
    if bundle is None:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=bundle)
    except OSError as error:  # ssl.SSLError is one
        raise ValueError(f"SSL_CERT_FILE names {bundle}, which cannot be read as certificates: {error}") from error


def verify() -> str | bool:
    """The `verify` of a requests session: a bundle's path, or True (the bundle of requests) where the system has no file.

    requests looks at its own bundle (certifi) unless it is told, so a company's own authority would be unknown to it.
    """
    return _named() or next((path for path in _candidates() if Path(path).is_file()), True)


def _named() -> str | None:
    return os.environ.get("SSL_CERT_FILE") or None


def _candidates() -> tuple[str, ...]:
    return (ssl.get_default_verify_paths().cafile or "", *SYSTEM_BUNDLES)
