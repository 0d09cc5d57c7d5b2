"""Where settings come from: the environment, then `.env`, and files named by NAME_FILE for secrets."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from bot.settings_problem import Problem

LARGEST_SECRET = 64 * 1024
"""Bytes. A NAME_FILE beyond this is some other file."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Text by environment name. `empty` are the secrets that were given as nothing."""

    values: dict[str, str]
    empty: frozenset[str]
    problems: tuple[Problem, ...]


def gather(env: Mapping[str, str] | None, known: frozenset[str], secrets: frozenset[str]) -> Gathered:
    """All settings that are given. With `env` None: the process environment over `.env` of the working directory.

    Names in `.env` that are not Keyturn's own (OPENAI_API_KEY, SSL_CERT_FILE) are put into the process
    environment, unless they are there already: the libraries that own them read them from nowhere else.
    """
    problems: list[Problem] = []
    if env is None:
        filed = _dotenv(Path(".env"), problems)
        for name in filed.keys() - known:
            if not name.startswith("KEYTURN_") and name.removesuffix("_FILE") not in secrets:
                os.environ.setdefault(name, filed[name])
        env = _over(os.environ, filed, secrets)
    values: dict[str, str] = {}
    empty: set[str] = set()
    for name in sorted(known):
        given = env.get(name)
        pointer = env.get(f"{name}_FILE") if name in secrets else None
        if given is not None and pointer:
            problems.append(Problem(name, f"{name} and {name}_FILE are both set; keep one of them."))
            continue
        if pointer:
            given = _secret_file(name, pointer, problems)
        if given is None:
            continue
        if given.strip():
            values[name] = given
        elif name in secrets:
            empty.add(name)
    problems += _unknown(env, known, secrets)
    return Gathered(values, frozenset(empty), tuple(problems))


def _over(environment: Mapping[str, str], filed: Mapping[str, str], secrets: frozenset[str]) -> dict[str, str]:
    """The environment over `.env`. NAME in one replaces NAME_FILE of the other, as both are the same setting."""
    below = dict(filed)
    for name in secrets:
        if name in environment or f"{name}_FILE" in environment:
            below.pop(name, None)
            below.pop(f"{name}_FILE", None)
    return {**below, **environment}


def _dotenv(path: Path, problems: list[Problem]) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        # No ${...} inside values: a secret may hold a dollar sign.
        read = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(".env", f"The file .env cannot be read ({_why(error)})."))
        return {}
    return {name: value for name, value in read.items() if value is not None}


def _secret_file(name: str, place: str, problems: list[Problem]) -> str | None:
    try:
        with Path(place).open("rb") as file:
            raw = file.read(LARGEST_SECRET + 1)
        if len(raw) > LARGEST_SECRET:
            problems.append(Problem(name, f"{name}_FILE names {place}, which is larger than any secret."))
            return None
        return raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(name, f"{name}_FILE names {place}, which cannot be read ({_why(error)})."))
        return None


def _why(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return (error.strerror or "no reason given").lower()


def _unknown(env: Mapping[str, str], known: frozenset[str], secrets: frozenset[str]) -> list[Problem]:
    allowed = known | {f"{name}_FILE" for name in secrets}
    own = sorted(name for name in allowed if name.startswith("KEYTURN_"))
    found = []
    for name in sorted(env):
        if name.startswith("KEYTURN_") and name not in allowed:
            plain = name.removesuffix("_FILE")
            if plain in known:
                found.append(Problem(name, f"{name} is unknown: {plain} is no secret, set it itself."))
                continue
            near = difflib.get_close_matches(name, own, 1, cutoff=0.0)
            found.append(Problem(name, f"{name} is unknown; the nearest known name is {near[0]}."))
    return found


def strangers(env: Mapping[str, str], known: frozenset[str], secrets: frozenset[str]) -> list[str]:
    """Sentences about variables that look like a misspelt setting of another system. Hints, not problems."""
    allowed = known | {f"{name}_FILE" for name in secrets}
    others = sorted(name for name in allowed if not name.startswith("KEYTURN_"))
    found = []
    for name in sorted(env.keys() - allowed):
        near = [] if name.startswith("KEYTURN_") else difflib.get_close_matches(name, others, 1, cutoff=0.88)
        if near:
            found.append(f"{name} is not used; did you mean {near[0]}?")
    return found
