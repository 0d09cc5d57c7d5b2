"""ServiceNow's Table API through pysnow: blocking, to be imported and called in a thread (pysnow takes 0.4 s to import).

What of pysnow is used, and what not: a new resource for every call, because one that is shared mixes up the parameters
of calls in different threads, and keeps those of the call before. PATCH by `request`, because `update` reads up to 10,000
rows and then PUTs. Queries come as text whose values were checked, because pysnow hands `^` on as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pysnow
from requests.auth import HTTPBasicAuth

from integrations.base import Missing, Refused, Unavailable
from integrations.sessions import Dialect, Limits, named_faults, open_session

SYSTEM = "ServiceNow"

Record = Mapping[str, str]

_SYS_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_PARAMETERS = {
    # pysnow writes Python's "False"; the API's word is "false" (Table API, Parameters). None leaves a parameter out.
    "sysparm_display_value": "false",
    "sysparm_exclude_reference_link": "true",
    "sysparm_suppress_pagination_header": None,
    "sysparm_view": None,
    "sysparm_offset": None,
}
_WRITE_PARAMETERS = _PARAMETERS | {"sysparm_query": None, "sysparm_limit": None}


class Table:
    """Rows of tables. Every method blocks within the limits of `sessions` and raises Unavailable, Refused or Missing."""

    def __init__(self, url: str, user: str, password: str, *, read_timeout: float, connections: int) -> None:
        session = open_session(_DIALECT, url, limits=Limits(read=read_timeout), connections=connections)
        # Bytes, because requests would encode text as Latin-1.
        session.auth = HTTPBasicAuth(user.encode(), password.encode())
        parts = urlsplit(url)
        self._client = pysnow.Client(host=parts.netloc + parts.path, use_ssl=parts.scheme == "https", session=session)

    def close(self) -> None:
        """Gives up the connections that are not in use."""
        self._client.close()

    def rows(self, table: str, query: str, fields: Sequence[str], *, limit: int) -> list[Record]:
        """Rows that ServiceNow says match. They may not: an invalid part of a query is dropped without a word and all
        other rows come back (Table API, sysparm_query), so compare before acting on one."""
        resource = self._resource(table, _PARAMETERS)
        try:
            with named_faults(SYSTEM, write=False):
                found = resource.get(query=query, fields=list(fields), limit=limit).all()
        except Missing as fault:
            if fault.reason.casefold().startswith("no record found"):  # version 1 of the API says so for an empty list
                return []
            raise
        if not isinstance(found, list):
            raise Unavailable(SYSTEM, "its answer cannot be read (a list was expected)")
        return [_record(row) for row in found]

    def row(self, table: str, sys_id: str, fields: Sequence[str]) -> Record:
        resource = self._resource(table, _WRITE_PARAMETERS | {"sysparm_fields": ",".join(fields)})
        with named_faults(SYSTEM, write=False):
            return _record(resource.request("GET", path_append=_path(sys_id)).one())

    def insert(self, table: str, values: Record) -> Record:
        """The row as ServiceNow stored it, after its own business rules."""
        resource = self._resource(table, _WRITE_PARAMETERS)
        with named_faults(SYSTEM, write=True):
            return _record(resource.create(dict(values)).one(), write=True)

    def change(self, table: str, sys_id: str, values: Record) -> Record:
        resource = self._resource(table, _WRITE_PARAMETERS)
        with named_faults(SYSTEM, write=True):
            return _record(resource.request("PATCH", path_append=_path(sys_id), data=json.dumps(dict(values))).one(), write=True)

    def _resource(self, table: str, parameters: Mapping[str, str | None]) -> Any:
        resource = self._client.resource(api_path=f"/table/{table}")
        resource.parameters.add_custom(dict(parameters))
        return resource


def _path(sys_id: str) -> str:
    if not _SYS_ID.fullmatch(sys_id):
        raise Refused(SYSTEM, "an incident has an id of an unknown form")
    return f"/{sys_id}"


def _record(row: object, *, write: bool = False) -> Record:
    """Every value as text: references come as text or as {link, value} (Table API, sysparm_exclude_reference_link)."""
    if not isinstance(row, dict):
        raise Unavailable(SYSTEM, "its answer cannot be read (a record was expected)", sent=write)
    return {str(k): _text(v) for k, v in row.items()}


def _text(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    return "" if value is None else str(value)


def _wording(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    if not isinstance(error, dict):
        return str(error or "")
    return ": ".join(str(part) for part in (error.get("message"), error.get("detail")) if part)


def _unusable(body: object) -> str:
    """A 200 can hold an error beside its rows, such as a transaction that was cancelled half-way."""
    if not isinstance(body, dict):
        return "its answer cannot be read (not an object)"
    if body.get("error"):
        return " ".join(_wording(body).split())[:200]
    if not isinstance(body.get("result"), dict | list):
        return "its answer cannot be read (without a result)"
    return ""


_DIALECT = Dialect(
    system=SYSTEM,
    credentials="SERVICENOW_USER and SERVICENOW_PASSWORD",
    html=lambda: Unavailable(SYSTEM, "shows a web page in place of its API: the instance is asleep, or SERVICENOW_URL is not its address"),
    wording=_wording,
    unusable=_unusable,
)
