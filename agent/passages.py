"""The policy page's prose, searchable: what `search_policy` finds, cites and shows. It never grants anything.

Ranking is Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) over paragraphs, with the
heading's words counted twice. Tables are left out: their rows are rules, which the gate reads, and name owners.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from agent.policy_page import read
from integrations.base import Page, Passage

_WORD = re.compile(r"\w+")
_K1 = 1.2
_B = 0.75
_LONGEST = 1_200
"""Characters of a passage: a model reads it whole, a person at a glance."""
_QUERY_WORDS = 32
_STOP = frozenset(
    _WORD.findall(
        "a an and are as at be been by can cannot do does for from has have how i if in is it may me my no not of on or our so "
        "that the their them they this to was we what when where which who will with you your"
    )
)
_ENDINGS = {"ies": "y", "ings": "", "ing": "", "ed": "", "es": "", "s": ""}


@dataclass(frozen=True, slots=True)
class _Entry:
    passage: Passage
    counts: Counter[str]
    length: int


@dataclass(frozen=True, slots=True)
class Library:
    """The passages of one page. Built once a revision; searching is linear in their number."""

    entries: tuple[_Entry, ...]
    holding: Counter[str]
    """Word -> number of passages that hold it."""
    mean: float
    """Mean length of a passage in words."""

    @classmethod
    def of(cls, page: Page) -> Library:
        """The prose of `page`, one passage a paragraph. PolicyInvalid when the page cannot be read at all."""
        entries: list[_Entry] = []
        for section in read(page).sections:
            title = " › ".join(part for part in (page.title, section.heading) if part)
            for paragraph in section.paragraphs:
                text = paragraph if len(paragraph) <= _LONGEST else paragraph[: _LONGEST - 1].rstrip() + "…"
                counts = Counter(_words(paragraph) + 2 * _words(section.heading))
                entries.append(_Entry(Passage(title, text, page.url), counts, counts.total()))
        holding = Counter(word for entry in entries for word in entry.counts)
        mean = sum(entry.length for entry in entries) / len(entries) if entries else 1.0
        return cls(tuple(entries), holding, mean or 1.0)

    def search(self, words: str, limit: int = 5) -> tuple[Passage, ...]:
        """The passages that fit `words` best, best first, at most `limit`; () when no word is found."""
        wanted = list(dict.fromkeys(_words(words)))[:_QUERY_WORDS]
        scored = [(self._score(entry, wanted), place) for place, entry in enumerate(self.entries)]
        best = sorted((-score, place) for score, place in scored if score > 0)
        return tuple(self.entries[place].passage for _, place in best[:limit])

    def _score(self, entry: _Entry, wanted: list[str]) -> float:
        score = 0.0
        for word in wanted:
            times = entry.counts[word]
            if times:
                rarity = math.log(1 + (len(self.entries) - self.holding[word] + 0.5) / (self.holding[word] + 0.5))
                score += rarity * times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * entry.length / self.mean))
        return score


def _words(text: str) -> list[str]:
    found = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return [_stem(word) for word in found if word not in _STOP]


def _stem(word: str) -> str:
    """English endings off, so that "resets" finds "reset"; crude, and the same on both sides."""
    for ending, instead in _ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending) + instead
    return word
