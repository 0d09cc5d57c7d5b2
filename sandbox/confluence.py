"""Confluence, as Cloud (v2 pages, v1 search, the rest of v1 gone) and as Data Center (v1 only)."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.confluence_cql import Unreadable, matches, parsed
from sandbox.stand_in import StandIn
from sandbox.world import POLICY

POLICY_PAGE_ID = "4711"
SPACE = "KB"
CONFIRMING = """\
<p>The service desk confirms a person by the prompt on their enrolled phone.</p>
<ac:structured-macro ac:name="info"><ac:rich-text-body><p>A call back is no confirmation.</p></ac:rich-text-body></ac:structured-macro>
"""
OWNERS = "<p>Payroll and Finance ERP belong to Finance. A sensitive application needs its owner&rsquo;s approval.</p>"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(slots=True)
class WikiPage:
    """`body` is storage format (XHTML)."""

    id: str
    title: str
    body: str
    version: int = 1
    restricted: bool = False
    """Our account may not view it: 404, as if it were not there."""
    updated: str = field(default_factory=_now)


def storage_format(markdown: str) -> str:
    """Markdown as the editor of Confluence would store it: one tbody, a paragraph in each cell, no heading of level 1
    (the title is the page's own field)."""
    from markdown_it import MarkdownIt  # late: only pages need it

    body = MarkdownIt("commonmark").enable("table").render(re.sub(r"^# .*\n+", "", markdown))
    body = re.sub(r"</?thead>|</?tbody>", "", body)
    body = body.replace("<table>", '<table data-layout="default"><tbody>').replace("</table>", "</tbody></table>")
    body = re.sub(r"<(t[hd])([^>]*)>(.*?)</t[hd]>", r"<\1\2><p>\3</p></\1>", body)
    return body.strip()


def wiki() -> dict[str, WikiPage]:
    """The policy page and two supporting ones."""
    title = POLICY.splitlines()[0].removeprefix("# ")
    pages = (
        WikiPage(POLICY_PAGE_ID, title, storage_format(POLICY)),
        WikiPage("4712", "How we confirm who someone is", CONFIRMING),
        WikiPage("4713", "Who owns which application", OWNERS),
    )
    return {page.id: page for page in pages}


@dataclass
class ConfluenceStandIn(StandIn):
    """`flavour` is `cloud` (its API below /wiki, e-mail and token as Basic) or `data_center` (no prefix, Bearer).
    `login_page`: HTML with 200 in place of every answer, as behind a single sign-on. `no_access`: the account may not
    use Confluence at all (403)."""

    name: str = "confluence"
    flavour: str = "cloud"
    user: str = "keyturn@example.com"
    token: str = "confluence-token"
    pages: dict[str, WikiPage] = field(default_factory=wiki)
    login_page: bool = False
    no_access: bool = False

    @property
    def base(self) -> str:
        """What CONFLUENCE_URL is set to."""
        return self.url + ("/wiki" if self.flavour == "cloud" else "")

    def routes(self, app: web.Application) -> None:
        prefix = "/wiki" if self.flavour == "cloud" else ""
        if self.flavour == "cloud":
            app.router.add_get(prefix + "/api/v2/pages/{id}", self._page)
            app.router.add_get(prefix + "/api/v2/spaces", self._spaces)
        app.router.add_get(prefix + "/rest/api/search", self._search)
        app.router.add_get(prefix + "/rest/api/content/{id}", self._content)
        app.router.add_route("*", "/{other:.*}", self._elsewhere)

    def state(self) -> dict[str, Any]:
        return {"flavour": self.flavour, "pages": [asdict(page) for page in self.pages.values()]}

    async def act(self, action: str, body: dict[str, Any]) -> Any:
        """edit(id, markdown | body, title), add(id, title, markdown | body), restrict(id, on), delete(id), login_page(on)."""
        match action:
            case "edit" | "add":
                return self._edited(action, body)
            case "restrict":
                self._known(body).restricted = bool(body.get("on", True))
                return True
            case "delete":
                del self.pages[self._known(body).id]
                return True
            case "login_page":
                self.login_page = bool(body.get("on", True))
                return self.login_page
        return await super().act(action, body)

    def too_many(self) -> web.Response:
        return web.json_response({"code": 429, "message": "Rate limit exceeded"}, status=429,
                                 headers={"Retry-After": "2", "X-RateLimit-NearLimit": "true", "X-RateLimit-Remaining": "0"})

    # ------------------------------------------------------------ routes

    async def _page(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if not request.match_info["id"].isdecimal():
            return _errors(400, "INVALID_REQUEST_PARAMETER", "Provided value for 'id' is not a number")
        page = self._visible(request.match_info["id"])
        if page is None:
            return _errors(404, "NOT_FOUND", "Not Found")
        wanted = request.query.get("body-format")
        if wanted not in (None, "storage", "atlas_doc_format", "view", "export_view"):
            return _errors(400, "INVALID_REQUEST_PARAMETER", "Provided value for 'body-format' is not a known format")
        body = {"storage": {"representation": "storage", "value": page.body}} if wanted == "storage" else {}
        return web.json_response({
            "id": page.id, "status": "current", "title": page.title, "spaceId": "98306", "parentId": "98400", "parentType": "page",
            "position": 10, "authorId": "557058:0001", "ownerId": "557058:0001", "createdAt": "2026-01-05T09:00:00.000Z",
            "version": {"createdAt": page.updated, "message": "", "number": page.version, "minorEdit": False, "authorId": "557058:0001"},
            "body": body,
            "_links": {"webui": _webui(page), "tinyui": f"/x/{page.id}", "editui": f"/pages/edit/{page.id}", "base": self.base},
        })

    async def _spaces(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        keys = [k for k in request.query.get("keys", "").split(",") if k]
        space = {"id": "98306", "key": SPACE, "name": "Knowledge", "type": "global", "status": "current"}
        results = [] if keys and SPACE not in keys else [space]
        return web.json_response({"results": results, "_links": {"base": self.base}})

    async def _content(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if self.flavour == "cloud":
            return _message(410, "This deprecated endpoint has been removed.")
        page = self._visible(request.match_info["id"])
        if page is None:
            return _message(404, f"No content found with id: ContentId{{id={request.match_info['id']}}}")
        expand = request.query.get("expand", "").split(",")
        answer: dict[str, Any] = {"id": page.id, "type": "page", "status": "current", "title": page.title,
                                  "_links": {"webui": _webui(page), "base": self.base, "context": ""}, "_expandable": {}}
        if "body.storage" in expand:
            answer["body"] = {"storage": {"value": page.body, "representation": "storage"}}
        if "version" in expand:
            answer["version"] = {"number": page.version, "when": page.updated, "minorEdit": False}
        return web.json_response(answer)

    async def _search(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        cql, limit = request.query.get("cql", ""), request.query.get("limit", "25")
        try:
            conditions = parsed(cql)
        except Unreadable as error:
            return _message(400, f"Could not parse cql : {error}")
        if not limit.isdecimal():
            return _message(400, "limit must be a number")
        found = [p for p in self.pages.values() if not p.restricted and matches(conditions, p.id, p.title, SPACE, _text(p.body))]
        results = [self._result(page) for page in found[:int(limit)]]
        return web.json_response({"results": results, "start": 0, "limit": int(limit), "size": len(results), "totalSize": len(found),
                                  "cqlQuery": cql, "searchDuration": 12, "_links": {"base": self.base, "context": "/wiki"}})

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        return self._login() if self.login_page else _page(404, "Page not found")

    # ------------------------------------------------------------ pages

    def _refusal(self, request: web.Request) -> web.StreamResponse | None:
        if self.login_page:
            return self._login()
        basic = "Basic " + base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
        wanted = basic if self.flavour == "cloud" else f"Bearer {self.token}"
        if request.headers.get("Authorization") != wanted:
            answer = _message(401, "Unauthorized; scope does not match")
            answer.headers["WWW-Authenticate"] = 'OAuth realm="' + self.url + '"'
            return answer
        if self.no_access:
            return _message(403, "Current user not permitted to use Confluence")
        return None

    def _login(self) -> web.Response:
        return _page(200, "Log in with Atlassian account")

    def _visible(self, page_id: str) -> WikiPage | None:
        page = self.pages.get(page_id)
        return None if page is None or page.restricted else page

    def _known(self, body: dict[str, Any]) -> WikiPage:
        page = self.pages.get(str(body.get("id", POLICY_PAGE_ID)))
        if page is None:
            raise LookupError(f"no page {body.get('id')!r}")
        return page

    def _edited(self, action: str, body: dict[str, Any]) -> int:
        text = storage_format(str(body["markdown"])) if "markdown" in body else str(body.get("body", ""))
        if action == "add":
            page = self.pages[str(body["id"])] = WikiPage(str(body["id"]), str(body.get("title", "")), text)
            return page.version
        page = self._known(body)
        page.title, page.body, page.version, page.updated = str(body.get("title", page.title)), text or page.body, page.version + 1, _now()
        return page.version

    def _result(self, page: WikiPage) -> dict[str, Any]:
        links = {"webui": _webui(page), "self": f"{self.base}/rest/api/content/{page.id}"}
        return {"content": {"id": page.id, "type": "page", "status": "current", "title": page.title, "_links": links, "_expandable": {}},
                "title": page.title, "excerpt": html.escape("@@@hl@@@" + _text(page.body)[:200] + "@@@endhl@@@"), "url": _webui(page),
                "breadcrumbs": [], "entityType": "content", "iconCssClass": "aui-icon content-type-page", "lastModified": page.updated,
                "friendlyLastModified": "today", "score": 1.0}


def _webui(page: WikiPage) -> str:
    return f"/spaces/{SPACE}/pages/{page.id}/" + re.sub(r"\W+", "+", page.title)


def _text(body: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def _page(status: int, title: str) -> web.Response:
    text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body></body></html>"
    return web.Response(status=status, text=text, content_type="text/html")


def _errors(status: int, code: str, title: str) -> web.Response:
    """v2's shape."""
    return web.json_response({"errors": [{"status": status, "code": code, "title": title, "detail": None}]}, status=status)


def _message(status: int, message: str) -> web.Response:
    """v1's shape."""
    return web.json_response({"statusCode": status, "data": {"authorized": status != 401, "valid": True, "errors": [], "successful": False},
                              "message": message}, status=status)
