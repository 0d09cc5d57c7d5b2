"""The forms that settings come in: text of the environment -> value, or one plain sentence about what is wrong.

Every parser raises ValueError with a sentence that reads on after the variable's name ("must be ..."). The
sentence may quote what was given, except for secrets and for addresses that can hold a password.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, SecretStr

E_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}")
"""Plain ASCII addresses only: look-alike letters in an administrator's address must not pass unnoticed."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end`, local time of the reader; over midnight when start is later than end."""

    start: time
    end: time

    def contain(self, moment: time) -> bool:
        """Whether nobody is to be disturbed at this local time. The start belongs to them, the end does not."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine: localhost, 127.0.0.0/8, ::1."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def text(value: Any) -> str:
    return str(value).strip()


def e_mail(value: Any) -> str:
    """One address, in lower case. Empty stays empty."""
    given = text(value)
    if given and not E_MAIL.fullmatch(given):
        raise ValueError(f'must be an e-mail address, not "{given}".')
    return given.lower()


def items(value: Any) -> tuple[str, ...]:
    """A comma-separated list, each item once, in the order given."""
    if isinstance(value, str):
        value = value.split(",")
    return tuple(dict.fromkeys(item for item in map(text, value) if item))


def e_mails(value: Any) -> tuple[str, ...]:
    given = items(value)
    wrong = [item for item in given if not E_MAIL.fullmatch(item)]
    if wrong:
        raise ValueError(f'must be e-mail addresses separated by commas; "{wrong[0]}" is none.')
    return tuple(dict.fromkeys(item.lower() for item in given))


def words(value: Any) -> tuple[str, ...]:
    """A list separated by commas or spaces, as OAuth writes scopes."""
    return items(text(value).replace(" ", ",")) if isinstance(value, str) else items(value)


def hosts(value: Any) -> tuple[str, ...]:
    given = items(value)
    for host in given:
        if "/" in host or (":" in host and not host.startswith("[") and host.count(":") == 1):
            raise ValueError(f'must be host names without scheme, port or path; "{host}" has one.')
    return tuple(host.strip("[]").lower() for host in given)


def one_of(*allowed: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        given = text(value)
        for word in allowed:
            if given.lower() == word.lower():
                return word
        raise ValueError(f'must be {" or ".join(allowed) if len(allowed) == 2 else ", ".join(allowed)}, not "{given}".')

    return parse


def whole(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        given = text(value)
        if not re.fullmatch(r"[0-9]{1,9}", given) or not low <= int(given) <= high:
            raise ValueError(f'must be a whole number from {low} to {high}, not "{given}".')
        return int(given)

    return parse


def zone(value: Any) -> str:
    given = text(value)
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'must be a time zone of the IANA database such as Europe/Berlin, not "{given}".') from error
    return given


def quiet(value: Any) -> QuietHours | None:
    if isinstance(value, QuietHours) or value is None:
        return value
    given = text(value)
    if not given:
        return None
    matched = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", given)
    try:
        if matched is None:
            raise ValueError(given)
        first, second, third, fourth = map(int, matched.groups())
        hours = QuietHours(time(first, second), time(third, fourth))
    except ValueError:
        raise ValueError(f'must be two times such as 20:00-07:00, not "{given}".') from None
    if hours.start == hours.end:
        raise ValueError("starts and ends at the same time; leave it out for none.")
    return hours


def address(*, ends: str = "", path: bool = True) -> Callable[[Any], str]:
    """An http(s) address without a closing slash, user, query or fragment. Plain http only to this machine.

    `ends` is the path that it must end in (with its slashes); `path` False means that none is allowed.
    """

    def parse(value: Any) -> str:
        given = text(value)
        if not given:
            return ""
        try:
            parts = urlsplit(given)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError("is no address that can be read.") from None
        if parts.scheme not in ("http", "https") or not host:
            raise ValueError("must be an address that starts with https://.")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not hold a user name or password; those have settings of their own.")
        if parts.query or parts.fragment:
            raise ValueError("must not hold a query (?) or fragment (#).")
        if any(letter in given for letter in "<>{} \\"):
            raise ValueError("still holds a placeholder or a space.")
        if parts.scheme == "http" and not is_loopback(host):
            raise ValueError("must start with https://; plain http is accepted to this machine (loopback) only.")
        if not path and parts.path.strip("/"):
            raise ValueError(f'must be the address of the organisation alone, without the path "{parts.path}".')
        bare = given.rstrip("/")
        if ends and not bare.endswith(ends.rstrip("/")):
            raise ValueError(f"must end in {ends}")
        return bare + "/" if ends.endswith("/") else bare

    return parse


def database(value: Any) -> str:
    """`sqlite://relative`, `sqlite:///absolute/path` or `postgres://...` (postgresql:// is the same)."""
    given = text(value)
    if given.startswith("postgresql://"):
        given = "postgres://" + given.removeprefix("postgresql://")
    try:
        host = urlsplit(given).hostname if given.startswith("postgres://") else ""
    except ValueError:
        host = None
    if given.startswith("sqlite://"):
        place = given.removeprefix("sqlite://").split("?")[0]
        if place in ("", "/") or ":memory:" in place:
            raise ValueError("must name a file, as in sqlite://keyturn.db: a database in memory forgets every request.")
    elif not host:
        raise ValueError("must start with sqlite:// (then a file) or postgres:// (then user, host and database).")
    return given


def model_name(value: Any) -> str:
    given = text(value)
    if given != "offline" and not re.fullmatch(r"[\w.-]+:[^\s]+", given):
        raise ValueError(f'must be "offline" or a provider and a model such as openai:gpt-5-mini, not "{given}".')
    return given


def policy_source(value: Any) -> str:
    given = text(value)
    if not given or given in ("confluence", "sharepoint") or (given.startswith("file:") and given.removeprefix("file:").strip()):
        return given
    raise ValueError(f'must be file:PATH, confluence or sharepoint, not "{given}".')


def channel(value: Any) -> str:
    given = text(value)
    if given and not re.fullmatch(r"[CG][A-Z0-9]{2,}|#?[^\s#@]{1,80}", given):
        raise ValueError(f'must be a Slack channel (its id, or #name), not "{given}".')
    return given


def sender(value: Any) -> str:
    """An address, alone or as `Name <address>`."""
    given = text(value)
    inner = re.fullmatch(r"[^<>\r\n]*<([^<>\s]+)>", given)
    if given and not E_MAIL.fullmatch(inner[1] if inner else given):
        raise ValueError(f'must be an e-mail address, or a name with one in angle brackets, not "{given}".')
    return given


def secret(value: Any) -> SecretStr:
    return value if isinstance(value, SecretStr) else SecretStr(str(value))


def token(value: Any) -> SecretStr:
    """A secret of one word: white space in it is a copying mistake."""
    kept = secret(value)
    bare = kept.get_secret_value().strip()
    if re.search(r"\s", bare):
        raise ValueError("holds a space or a line break; copy it again, in one piece.")
    return SecretStr(bare)


Text = Annotated[str, BeforeValidator(text)]
EMail = Annotated[str, BeforeValidator(e_mail)]
EMails = Annotated[tuple[str, ...], BeforeValidator(e_mails)]
Items = Annotated[tuple[str, ...], BeforeValidator(items)]
Words = Annotated[tuple[str, ...], BeforeValidator(words)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(hosts)]
Port = Annotated[int, BeforeValidator(whole(0, 65535))]
Address = Annotated[str, BeforeValidator(address())]
Secret = Annotated[SecretStr, BeforeValidator(secret)]
Token = Annotated[SecretStr, BeforeValidator(token)]
