"""Okta's search and filter language, as far as people, groups and the System Log use it: `a.b eq "x" and (…)`.

A text becomes a test of one JSON object; what Okta would not understand is a ValueError here and a 400 there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[()])|(?P<word>[A-Za-z_][\w.]*))', re.DOTALL)

_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda have, want: have == want,
    "ne": lambda have, want: have != want,
    "sw": lambda have, want: have.startswith(want),
    "co": lambda have, want: want in have,
    "gt": lambda have, want: have > want,
    "ge": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "le": lambda have, want: have <= want,
}


def compile_test(text: str, *, without_case: bool) -> Test:
    """`without_case`: search compares values without case, filter with it (Okta, Users API)."""
    return _Reader(_tokens(text), without_case).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ValueError(f"cannot be read from {text[at:]!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], without_case: bool) -> None:
        self._tokens = tokens
        self._fold: Callable[[str], str] = str.casefold if without_case else str

    def whole(self) -> Test:
        test = self._either()
        if self._tokens:
            raise ValueError(f"more than one expression: {self._tokens[0][1]!r}")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("word", "or"):
            tests.append(self._both())
        return lambda item: any(test(item) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("word", "and"):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        if self._take("mark", "("):
            test = self._either()
            if not self._take("mark", ")"):
                raise ValueError("a bracket is not closed")
            return test
        name, verb, quoted = self._next("word"), self._next("word"), self._next("quoted")
        compare = _COMPARE.get(verb)
        if compare is None:
            raise ValueError(f"no operator {verb!r}")
        want = self._fold(re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL))
        return lambda item: any(compare(self._fold(have), want) for have in _values(item, name.split(".")))

    def _take(self, kind: str, text: str) -> bool:
        if self._tokens[:1] == [(kind, text)]:
            del self._tokens[0]
            return True
        return False

    def _next(self, kind: str) -> str:
        if not self._tokens or self._tokens[0][0] != kind:
            raise ValueError(f"a {kind} is missing")
        return self._tokens.pop(0)[1]


def _values(item: Any, path: list[str]) -> list[str]:
    """Every text at this path; a list on the way means each of its entries."""
    if isinstance(item, list):
        return [value for entry in item for value in _values(entry, path)]
    if not path:
        return [item] if isinstance(item, str) else []
    return _values(item.get(path[0]), path[1:]) if isinstance(item, Mapping) else []
