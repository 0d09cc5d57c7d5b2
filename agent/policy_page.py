"""A document as tables and prose, whatever it was written in: Markdown or Confluence's storage format.

Nothing here knows what a rule is. Visible text only: macro parameters, code blocks, comments and the template's
placeholders are not part of the page that people read, so they are not part of the policy either.

Format sources: GitHub Flavored Markdown, Tables (extension); Confluence, "Confluence Storage Format".
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.policy import PolicyInvalid, PolicyProblem
from integrations.base import Page

if TYPE_CHECKING:
    from bs4 import Tag
    from markdown_it.token import Token

MAXIMUM_BYTES = 1_000_000
"""A larger page is refused unread: it is no policy, and parsing it would hold up everybody's requests."""

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
"""Characters that editors leave behind and nobody sees."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    links: tuple[str, ...] = ()
    """Addresses behind the text, in order."""
    merged: bool = False
    """It stands in several rows or columns, so that its place says nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """Without the header row; a row may be shorter or longer than the header."""


@dataclass(frozen=True, slots=True)
class Section:
    """Prose under one heading. `heading` is "" for what stands before the first."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    tables: tuple[Table, ...]
    sections: tuple[Section, ...]


def read(page: Page) -> Document:
    """Tables and prose of `page`. PolicyInvalid when it is too large, of an unknown format, or no text of that format."""
    try:
        size = len(page.body[: MAXIMUM_BYTES + 1].encode())
    except UnicodeEncodeError as error:
        raise _refused("it holds broken characters (lone surrogates)", "text in UTF-8") from error
    if size > MAXIMUM_BYTES:
        raise _refused("it is larger than 1 MB", "a page of at most 1 MB")
    match page.format:
        case "markdown":
            return _markdown(page.body)
        case "storage":
            return _storage(page.body)
        case other:
            raise _refused(f'its format "{other}" is not known', "Markdown or Confluence storage format")


def clean(text: str) -> str:
    """`text` as a reader sees it: composed, single spaces, without the characters that have no shape."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_UNSEEN)).split())


def _worded(parts: list[str]) -> str:
    """The text of a table's cell, alike in every format: lists end up as "a, b", whatever stood before the comma."""
    return clean("".join(parts)).replace(" ,", ",")


def _refused(wrong: str, allowed: str) -> PolicyInvalid:
    return PolicyInvalid((PolicyProblem("Page", 0, "", "", wrong, allowed),))


class _Prose:
    """Collects paragraphs under headings, in the order of the page."""

    def __init__(self) -> None:
        self._heading = ""
        self._paragraphs: list[str] = []
        self._done: list[Section] = []

    def heading(self, text: str) -> None:
        self._close()
        self._heading = clean(text)

    def paragraph(self, text: str) -> None:
        if cleaned := clean(text):
            self._paragraphs.append(cleaned)

    def sections(self) -> tuple[Section, ...]:
        self._close()
        return tuple(self._done)

    def _close(self) -> None:
        if self._paragraphs:
            self._done.append(Section(self._heading, tuple(self._paragraphs)))
        self._paragraphs = []


# ---------------------------------------------------------------- Markdown


_MOST_BRACKETS = 2_000
_MOST_MARKS = 20_000
_MOST_LINES = 20_000


def _markdown(body: str) -> Document:
    from markdown_it import MarkdownIt  # late: only a process that reads a Markdown page pays for it

    # The parser's time grows with the square of open brackets and emphasis in a paragraph: a megabyte of "[" is minutes.
    if body.count("[") > _MOST_BRACKETS or sum(map(body.count, "*_<&\\`")) > _MOST_MARKS or body.count("\n") > _MOST_LINES:
        raise _refused("it holds more markup than a page of rules can need", "at most 20,000 lines and 2,000 links")
    prose = _Prose()
    tables: list[Table] = []
    rows: list[tuple[Cell, ...]] = []
    cells: list[Cell] = []
    within = ""
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        match token.type:
            case "table_open":
                rows, within = [], "table"
            case "tr_open":
                cells = []
            case "tr_close":
                rows.append(tuple(cells))
            case "table_close":
                within = ""
                if rows:
                    tables.append(Table(rows[0], tuple(rows[1:])))
            case "heading_open":
                within = "heading"
            case "heading_close":
                within = ""
            case "inline":
                cell = _inline(token)
                if within == "table":
                    cells.append(cell)
                elif within == "heading":
                    prose.heading(cell.text)
                else:
                    prose.paragraph(cell.text)
    return Document(tuple(tables), prose.sections())


def _inline(token: Token) -> Cell:
    text: list[str] = []
    links: list[str] = []
    for part in token.children or ():
        match part.type:
            case "text" | "code_inline" | "text_special":
                text.append(part.content)
            case "softbreak" | "hardbreak":
                text.append(" ")
            case "html_inline" if re.fullmatch(r"<br\s*/?>", part.content, re.IGNORECASE):
                text.append(" ")
            case "link_open":
                links.append(str(part.attrGet("href") or ""))
    return Cell(_worded(text), tuple(links))


# ---------------------------------------------------------------- Confluence storage

_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:.-]*)[^<>]*?(/?)>")
_VOID = frozenset({"br", "hr", "img", "col", "input", "wbr", "link", "meta"})
_DEEPEST = 200
_UNREAD = ("ac:parameter", "ac:plain-text-body", "ac:placeholder", "ac:task-id", "ac:task-status", "script", "style")
_BLOCKS = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ac:task-body"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def _storage(body: str) -> Document:
    from bs4 import BeautifulSoup  # late, as above
    from bs4.exceptions import ParserRejectedMarkup

    # Newer versions of Python's parser end a CDATA section at its first ">", which would turn an example inside a code
    # block into a table of the page. As escaped text it stays what it is.
    plain = _CDATA.sub(lambda found: html.escape(found[1]), body)
    if _depth(plain) > _DEEPEST:
        raise _refused("its elements are nested too deeply, or not closed", "a page saved by Confluence's editor")
    try:
        soup = BeautifulSoup(f"<body>{plain}</body>", "html.parser")  # bare, "x.txt" is warned about as a file's name
    except ParserRejectedMarkup as error:
        raise _refused(f"it cannot be read as a Confluence page ({error})", "a page saved by Confluence's editor") from error

    for macro in soup.find_all("ac:structured-macro", attrs={"ac:name": "status"}):
        title = macro.find("ac:parameter", attrs={"ac:name": "title"})
        # A status lozenge: its title is what people see, and what they like to put into a Tier column.
        macro.replace_with(title.get_text() if title is not None else "")
    for unread in soup.find_all(_UNREAD):
        unread.extract()

    prose = _Prose()
    tables: list[Table] = []
    for tag in soup.find_all(["table", "p", "li", *sorted(_HEADINGS)]):
        inside_table = tag.find_parent("table") is not None
        if tag.name == "table":
            if not inside_table:
                tables.extend(_table(tag))
        elif inside_table or (tag.name == "p" and tag.find_parent("li") is not None):
            continue
        elif tag.name in _HEADINGS:
            prose.heading(tag.get_text(" "))
        else:
            prose.paragraph(_cell(tag).text)
    return Document(tuple(tables), prose.sections())


def _depth(markup: str) -> int:
    """How deep elements stand in each other at most. Looking for parents costs time by depth, so it has a limit."""
    depth = deepest = 0
    for closing, name, closed in _TAG.findall(markup):
        if closing:
            depth -= 1
        elif not closed and name.lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _table(table: Tag) -> list[Table]:
    rows = [
        tuple(_cell(cell) for cell in row.find_all(["th", "td"]) if cell.find_parent("tr") is row)
        for row in table.find_all("tr")
        if row.find_parent("table") is table
    ]
    return [Table(rows[0], tuple(rows[1:]))] if rows else []


def _cell(cell: Tag) -> Cell:
    from bs4 import Comment, NavigableString
    from bs4 import Tag as Element

    text: list[str] = []
    for node in cell.descendants:
        if isinstance(node, Element):
            if node.name == "li" and clean("".join(text)):
                text.append(", ")  # a list of groups in a cell reads as the comma-separated list it stands for
            elif node.name in _BLOCKS:
                text.append(" ")
        elif isinstance(node, NavigableString) and type(node) is not Comment:
            text.append(str(node))
    spans = {str(cell.get(name, "1")).strip() for name in ("rowspan", "colspan")}
    links = tuple(str(link["href"]) for link in cell.find_all("a", href=True))
    return Cell(_worded(text), links, merged=not spans <= {"1", ""})
