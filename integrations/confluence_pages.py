"""Confluence's pages and search through atlassian-python-api: blocking, to be imported and called in a thread.

Only two things of the library work on today's Cloud: ConfluenceV2 for a page by id, and its plain `get` for a path.
`Confluence(cloud=True)` leaves `rest/api` out of its addresses, and v2's own search asks for an address that does not exist.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from atlassian.confluence_v2 import ConfluenceV2

from integrations.base import Refused, Unavailable
from integrations.sessions import Dialect, Limits, named_faults, open_session

SYSTEM = "Confluence"

Answer = Mapping[str, Any]


class Pages:
    """Raw answers. Every method blocks within the limits of `sessions` and raises Unavailable, Refused or Missing.

    `user` and `token` together are Basic (Cloud: e-mail and API token), a token alone is Bearer (Data Center: a
    personal access token). `url` ends in /wiki for Cloud; the library adds that by itself for *.atlassian.net only.
    """

    def __init__(self, url: str, user: str, token: str, *, read_timeout: float, connections: int) -> None:
        session = open_session(_DIALECT, url, limits=Limits(read=read_timeout), connections=connections)
        # requests encodes text as Latin-1, and the library hands the pair on as it is.
        login: dict[str, Any] = {"username": user.encode(), "password": token.encode()} if user else {"token": token}
        with warnings.catch_warnings():
            # The library warns in every constructor that it has older methods too.
            warnings.simplefilter("ignore", DeprecationWarning)
            # Retries off: the library's own sleep in the thread for as long as Retry-After says, up to half an hour.
            self._api = ConfluenceV2(url, session=session, retry_with_header=False, backoff_and_retry=False, **login)

    def close(self) -> None:
        """Gives up the connections that are not in use."""
        self._api.close()

    def page(self, page_id: str) -> Answer:
        """Cloud, v2: `api/v2/pages/{id}?body-format=storage`."""
        with named_faults(SYSTEM, write=False):
            return _object(self._api.get_page_by_id(page_id, body_format="storage"))

    def page_of_data_center(self, page_id: str) -> Answer:
        """Data Center, v1: gone from Cloud, which answers 410."""
        return self._get(f"rest/api/content/{page_id}", {"expand": "body.storage,version"})

    def search(self, cql: str, limit: int) -> Answer:
        """v1 on both; v2 has no search."""
        return self._get("rest/api/search", {"cql": cql, "limit": str(limit), "excerpt": "highlight"})

    def _get(self, path: str, params: dict[str, str]) -> Answer:
        with named_faults(SYSTEM, write=False):
            return _object(self._api.get(path, params=params))


def _object(answer: object) -> Answer:
    if not isinstance(answer, dict):
        raise Unavailable(SYSTEM, "its answer cannot be read (not an object)")
    return answer


def _wording(body: Mapping[str, Any]) -> str:
    """v1: `message`; v2: `errors: [{title, detail}]`."""
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else body
    return str(first.get("title") or first.get("message") or "")


_DIALECT = Dialect(
    system=SYSTEM,
    credentials="CONFLUENCE_USER and CONFLUENCE_API_TOKEN",
    html=lambda: Refused(
        SYSTEM, "shows a login page in place of its API: CONFLUENCE_URL must end in /wiki for Cloud, the token must be valid", code="login"
    ),
    wording=_wording,
    unusable=lambda body: "" if isinstance(body, dict) else "its answer cannot be read (not an object)",
)
