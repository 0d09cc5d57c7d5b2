"""How the Okta stand-in cuts a list: search, filter, limit, and the Link header with its opaque cursor."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from sandbox.okta_language import compile_test
from sandbox.okta_org import OktaError


def page(request: web.Request, cap: int, items: Sequence[Any], *, default: int, most: int, endless: bool = False) -> web.Response:
    """One page with its Link headers, `cap` entries at the most.

    `endless`: a next page is named even after the last, as the System Log does when it is polled.
    """
    limit = request.query.get("limit", str(default))
    if not limit.isdecimal():
        raise OktaError(400, "E0000001", "limit")
    size = max(1, min(int(limit), most, cap))
    start = _position(request.query.get("after", ""))
    response = web.json_response(list(items[start : start + size]))
    response.headers.add("Link", f'<{request.url}>; rel="self"')
    if endless or start + size < len(items):
        after = base64.urlsafe_b64encode(f"at:{min(start + size, len(items))}".encode()).decode().rstrip("=")
        response.headers.add("Link", f'<{request.url.update_query(after=after)}>; rel="next"')
    return response


def matching(items: list[dict[str, Any]], request: web.Request) -> list[dict[str, Any]]:
    """Those that `search` (without case) and `filter` (with it) let through."""
    for name, without_case in (("search", True), ("filter", False)):
        if name in request.query:
            try:
                test = compile_test(request.query[name], without_case=without_case)
            except ValueError as error:
                raise OktaError(400, "E0000031", name) from error
            items = [item for item in items if test(item)]
    return items


def _position(after: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode().partition(":")[2] or 0)
    except ValueError as error:
        raise OktaError(400, "E0000001", "after") from error
