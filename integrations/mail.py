"""Mail over SMTP, encrypted, one recipient each.

SMTP has no idempotency: a mail that was handed over and lost its answer may arrive twice. Both copies carry the same
Message-ID, by which mailboxes can tell.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import getaddresses, localtime
from typing import TYPE_CHECKING, Literal

from integrations import tls
from integrations.addresses import is_loopback
from integrations.base import Health, Letter, Refused, Unavailable
from integrations.checkup import examined

if TYPE_CHECKING:
    import aiosmtplib

SYSTEM = "Mail"
HEALTH_DEADLINE = 6.0
"""Seconds: a person waits for the answer."""

Encryption = Literal["starttls", "tls", "none"]

_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*",
    re.ASCII,
)
"""One plain address (RFC 5321, dot-atom and host name, lengths of section 4.5.3.1): no list, name, quotes or spaces."""


@dataclass(slots=True)
class _Handover:
    """How far a mail came: after `begun` its text was on its way, and a lost answer means that nobody knows."""

    begun: bool = False


class Mail:
    """Post over one connection a mail.

    `sender` is SMTP_FROM, an address or `Name <address>`; its domain makes the Message-ID and our EHLO name. `tls_mode`:
    `starttls` (never falls back to plain text), `tls` (encrypted from the start), `none` (loopback only).
    `username` "" sends without a login. `step_timeout` in seconds bounds each step, `deadline` the whole mail.
    Raises ValueError for settings that cannot be right.
    """

    def __init__(
        self, host: str, port: int, sender: str, *, username: str = "", password: str = "",
        tls_mode: Encryption = "starttls", step_timeout: float = 10.0, deadline: float = 25.0,
    ) -> None:
        if tls_mode not in ("starttls", "tls", "none"):
            raise ValueError("SMTP_TLS must be starttls, tls or none")
        if tls_mode == "none" and not is_loopback(host):
            raise ValueError("SMTP_TLS=none is allowed to this machine only")
        if bool(username) != bool(password):
            raise ValueError("SMTP_USERNAME and SMTP_PASSWORD are needed together")
        senders = getaddresses([sender])
        name, address = senders[0] if len(senders) == 1 else ("", "")
        if not _ADDRESS.fullmatch(address) or re.search(r"[\x00-\x1f\x7f]", sender):
            raise ValueError("SMTP_FROM must be one e-mail address, with or without a name")
        self._host, self._port = host, port
        self._from, self._sender = Address(display_name=name, addr_spec=address), address
        self._domain = address.rpartition("@")[2]
        self._username, self._password = username, password
        self._tls_mode, self._step_timeout, self._deadline = tls_mode, step_timeout, deadline
        self._context: ssl.SSLContext | None = None

    def close(self) -> None:
        """Nothing is held open between mails."""

    async def send(self, letter: Letter) -> None:
        """Returns when the server has taken the mail.

        Raises Refused for an address or text that cannot be sent and for an answer of 5xx, Unavailable otherwise, with
        `sent=True` only when the text was on its way. Mails are not tried again here.
        """
        message = self.compose(letter)
        handover = _Handover()
        async with self._conversation(handover, deadline=self._deadline) as server:
            await server.mail(self._sender)
            await server.rcpt(letter.to)
            handover.begun = True
            await server.data(message.as_bytes(policy=WIRE))

    def compose(self, letter: Letter) -> EmailMessage:
        """The mail of a letter. Raises Refused for more or less than one plain address, and for a subject with control
        characters: a line break there would begin a header of somebody else's choice."""
        if not _ADDRESS.fullmatch(letter.to):
            raise Refused(SYSTEM, "the recipient is not one plain e-mail address", code="recipient")
        if not letter.subject.strip() or re.search(r"[\x00-\x1f\x7f\u0085\u2028\u2029]", letter.subject):
            raise Refused(SYSTEM, "the subject is empty or holds control characters", code="subject")
        if not letter.key:
            raise Refused(SYSTEM, "the mail has no key for its Message-ID", code="key")
        message = EmailMessage()
        message["From"] = self._from
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = letter.subject
        message["Date"] = localtime()
        message["Message-ID"] = f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:40]}@{self._domain}>"
        # Nobody's absence note shall answer (RFC 3834, section 5; the second is Exchange's own).
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        # 7-bit on the wire whatever the text: no server has to offer 8BITMIME.
        message.set_content(letter.text, charset="utf-8", cte="quoted-printable")
        return message

    async def health(self) -> Health:
        """Connects, encrypts, logs in, NOOP; sends nothing."""
        async def reachable() -> str:
            async with self._conversation(_Handover(), deadline=HEALTH_DEADLINE) as server:
                await server.noop()
            secured = {"starttls": "STARTTLS", "tls": "TLS", "none": "no encryption (loopback)"}[self._tls_mode]
            return f"connected with {secured}" + (", login accepted" if self._username else ", no login")

        return await examined(
            SYSTEM, reachable,
            down="check SMTP_HOST and SMTP_PORT; mails wait and are sent later",
            settings="check SMTP_TLS, SMTP_USERNAME, SMTP_PASSWORD, and SSL_CERT_FILE for a certificate of your own",
        )

    # ------------------------------------------------------------ the conversation

    @asynccontextmanager
    async def _conversation(self, handover: _Handover, *, deadline: float) -> AsyncIterator[aiosmtplib.SMTP]:
        import aiosmtplib  # late: only needed by the first mail

        if self._context is None and self._tls_mode != "none":
            try:
                self._context = await asyncio.to_thread(tls.context)
            except ValueError as error:  # an SSL_CERT_FILE that cannot be read
                raise Refused(SYSTEM, str(error), code="certificate") from None
        server = aiosmtplib.SMTP(
            hostname=self._host, port=self._port, timeout=self._step_timeout,
            # The library would look our own name up in the default executor.
            local_hostname=self._domain,
            use_tls=self._tls_mode == "tls",
            # Not None, which is opportunistic and goes on in plain text; STARTTLS is asked for below, by name.
            start_tls=False,
            tls_context=self._context,
        )
        try:
            with _named_faults(handover):
                async with asyncio.timeout(deadline):
                    await self._open(server)
                    yield server
        finally:
            await _leave(server)


    async def _open(self, server: aiosmtplib.SMTP) -> None:
        await server.connect()
        await server.ehlo()
        if self._tls_mode == "starttls":
            if not server.supports_extension("starttls"):
                raise Refused(SYSTEM, "does not offer STARTTLS: see SMTP_TLS and SMTP_PORT", code="starttls")
            await server.starttls()
            await server.ehlo()  # what was offered in plain text does not count (RFC 3207, section 4.2)
        if self._username:
            if not server.supported_auth_methods:
                reason = "offers no login that we know: see SMTP_USERNAME, and SMTP_TLS, as it may want encryption first"
                raise Refused(SYSTEM, reason, code="auth")
            await server.login(self._username, self._password)


async def _leave(server: aiosmtplib.SMTP) -> None:
    """QUIT if the connection still stands, for 1 s at most."""
    from aiosmtplib import SMTPException

    try:
        if server.is_connected:
            await server.quit(timeout=1.0)
    except (SMTPException, OSError):
        pass  # the mail was taken, or its fault is raised already
    finally:
        server.close()


@contextmanager
def _named_faults(handover: _Handover) -> Iterator[None]:
    """aiosmtplib's errors by consequence. Server texts are left out: they repeat addresses."""
    import aiosmtplib

    try:
        yield
    except aiosmtplib.SMTPAuthenticationError as error:
        if error.code < 500:
            raise Unavailable(SYSTEM, f"cannot check the login now ({error.code})") from None
        reason = f"does not accept the login ({error.code}): see SMTP_USERNAME and SMTP_PASSWORD"
        raise Refused(SYSTEM, reason, code=str(error.code), status=error.code) from None
    except aiosmtplib.SMTPResponseException as error:
        what = _STEPS.get(type(error).__name__, "the conversation")
        if 500 <= error.code < 600:
            raise Refused(SYSTEM, f"said no to {what} ({error.code})", code=str(error.code), status=error.code) from None
        raise Unavailable(SYSTEM, f"cannot take {what} now ({error.code})", sent=error.code < 400 and handover.begun) from None
    except (TimeoutError, aiosmtplib.SMTPTimeoutError):
        raise Unavailable(SYSTEM, "did not answer in time", sent=handover.begun) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        if _is_untrusted(error):
            raise Refused(SYSTEM, "its certificate is not trusted: name the right authority in SSL_CERT_FILE", code="certificate") from None
        if isinstance(error, aiosmtplib.SMTPConnectError):
            raise Unavailable(SYSTEM, "cannot be reached") from None
        raise Unavailable(SYSTEM, "the connection broke", sent=handover.begun) from None


_STEPS = {
    "SMTPSenderRefused": "the sender SMTP_FROM",
    "SMTPRecipientRefused": "the recipient",
    "SMTPDataError": "the text",
    "SMTPHeloError": "our greeting",
}


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
