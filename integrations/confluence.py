"""Confluence as the source of the policy page and of supporting pages, Cloud and Data Center.

What pages say is data: the policy's tables are parsed elsewhere, prose is shown and cited, nothing is obeyed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from integrations.addresses import base_url
from integrations.base import Health, Missing, Page, Passage, Unavailable
from integrations.checkup import examined
from integrations.threads import Threads

if TYPE_CHECKING:
    from integrations.confluence_pages import Answer, Pages

T = TypeVar("T")

SYSTEM = "Confluence"
FOUND_AT_MOST = 5
HEALTH_DEADLINE = 6.0
"""Seconds: a person waits for the answer."""

CALLS = 4
"""Most calls at one time."""

_WORD = re.compile(r"\w{3,40}")
_MARK = re.compile(r"@@@(?:end)?hl@@@")
_LUCENE_WORDS = frozenset({"and", "or", "not", "to"})


def quoted(text: str) -> str:
    """`text` as a CQL string (Advanced searching using CQL: `\\` and `"` are escaped by a backslash)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def terms(words: str) -> str:
    """The words of free text, joined by OR: what is after `~` is Lucene's language, so its operators are left out.

    At most 12 different words of 3 letters and more, in lower case, because only capitals make AND, OR and NOT.
    """
    found = dict.fromkeys(w for w in _WORD.findall(words.casefold()) if w not in _LUCENE_WORDS)
    return " OR ".join(list(found)[:12])


class Confluence:
    """PolicySource over page `page_id`; `space` (a key, "" for none) is where supporting pages are searched.

    `user` empty: `token` is a personal access token of Data Center. `deadline` in seconds bounds one call with its
    wait for a thread. Raises ValueError for settings that cannot be right.
    """

    def __init__(
        self, url: str, token: str, page_id: str, *, user: str = "", space: str = "",
        read_timeout: float = 8.0, deadline: float = 15.0,
    ) -> None:
        self._url = base_url(url, "CONFLUENCE_URL")
        if not token:
            raise ValueError("CONFLUENCE_API_TOKEN is needed")
        if not re.fullmatch(r"[0-9]{1,20}", page_id):
            raise ValueError("CONFLUENCE_POLICY_PAGE_ID must be the number of a page")
        self.name = f"Confluence page {page_id}"
        self._user, self._token, self._page_id, self._space = user, token, page_id, space
        self._read_timeout, self._deadline = read_timeout, deadline
        self._threads = Threads(SYSTEM, CALLS)
        self._pages: Pages | None = None
        self._data_center = False

    def close(self) -> None:
        """Drops what has not begun and gives up idle connections; does not wait for calls that are on their way."""
        self._threads.close()
        if self._pages is not None:
            self._pages.close()

    async def fetch(self) -> Page:
        """The policy page in storage format, its version the number that Confluence counts edits by."""
        return await self._fetch(self._deadline)

    async def search(self, words: str) -> tuple[Passage, ...]:
        """Excerpts of pages of the space that hold any of the words, best first, the policy page itself left out."""
        wanted = terms(words)
        if not self._space or not wanted:
            return ()
        cql = f"type = page AND space = {quoted(self._space)} AND id != {self._page_id} AND text ~ {quoted(wanted)}"
        answer = await self._read(lambda pages: pages.search(cql, FOUND_AT_MOST), self._deadline)
        results = answer.get("results")
        if not isinstance(results, list):
            raise Unavailable(SYSTEM, "its answer cannot be read (without results)")
        return tuple(self._passage(answer, r) for r in results[:FOUND_AT_MOST] if isinstance(r, dict) and not self._is_policy(r))

    async def health(self) -> Health:
        async def policy_page() -> str:
            page = await self._fetch(HEALTH_DEADLINE)
            return f"policy page {page.title!r}, version {page.version}"

        async def space() -> str:
            cql = f"type = page AND space = {quoted(self._space)}"
            await self._read(lambda pages: pages.search(cql, 1), HEALTH_DEADLINE)
            return f"space {self._space!r} can be searched"

        return await examined(
            SYSTEM, policy_page, *([space] if self._space else []),
            down="check CONFLUENCE_URL; the policy that was accepted last stays in force until its maximum age",
            settings="check CONFLUENCE_URL (it ends in /wiki for Cloud), CONFLUENCE_USER, CONFLUENCE_API_TOKEN, CONFLUENCE_SPACE, "
            f"and that the account may view page {self._page_id}",
        )

    # ------------------------------------------------------------ calls

    async def _fetch(self, deadline: float) -> Page:
        if self._data_center:
            return self._page(await self._read(lambda pages: pages.page_of_data_center(self._page_id), deadline))
        try:
            return self._page(await self._read(lambda pages: pages.page(self._page_id), deadline))
        except Missing as missing:
            # Data Center has no v2; on Cloud the older address is gone (410), so that the first answer stands.
            try:
                page = self._page(await self._read(lambda pages: pages.page_of_data_center(self._page_id), deadline))
            except Missing:
                raise missing from None
            self._data_center = True
            return page

    async def _read(self, work: Callable[[Pages], T], deadline: float) -> T:
        return await self._threads.read(lambda: work(self._opened()), deadline=deadline)

    def _opened(self) -> Pages:
        """In a thread. Two first calls may both open one; either does."""
        if self._pages is None:
            from integrations.confluence_pages import Pages  # late: atlassian takes 0.7 s to import

            self._pages = Pages(self._url, self._user, self._token, read_timeout=self._read_timeout, connections=CALLS)
        return self._pages

    # ------------------------------------------------------------ answers

    def _page(self, answer: Answer) -> Page:
        body, version = _inside(answer, "body", "storage", "value"), _inside(answer, "version", "number")
        if not isinstance(body, str) or not isinstance(version, int):
            raise Unavailable(SYSTEM, "its answer cannot be read (without body or version)")
        url = self._link(answer, _inside(answer, "_links", "webui"))
        return Page(self._page_id, str(answer.get("title") or ""), str(version), body, "storage", url)

    def _passage(self, answer: Answer, result: Mapping[str, Any]) -> Passage:
        title = _MARK.sub("", html.unescape(str(result.get("title") or "")))
        return Passage(title, _plain(str(result.get("excerpt") or "")), self._link(answer, result.get("url")))

    def _is_policy(self, result: Mapping[str, Any]) -> bool:
        return str(_inside(result, "content", "id")) == self._page_id

    def _link(self, answer: Answer, path: object) -> str:
        """An address for people. Only a path is taken from the answer's items; the base is the wiki's own word for itself,
        as its API may be behind another address."""
        if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
            return ""
        base = _inside(answer, "_links", "base")
        return (base.rstrip("/") if isinstance(base, str) and base.startswith("https://") else self._url) + path


def _inside(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _plain(excerpt: str) -> str:
    """An excerpt without its marks and entities, on one line; tags are not expected and are left out."""
    text = re.sub(r"<[^>]{0,200}>", " ", html.unescape(_MARK.sub("", excerpt)))
    return " ".join(text.split())[:1000]
