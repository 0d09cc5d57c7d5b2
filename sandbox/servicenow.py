"""ServiceNow's Table API: incidents, people and groups, with Basic authentication.

Answers are text throughout, resolving needs its two fields, unknown columns vanish, invalid conditions are dropped.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.servicenow_rows import (
    COLUMNS,
    JOURNALS,
    LENGTHS,
    NEW_INCIDENT,
    REFERENCES,
    Row,
    Tables,
    person,
    selected,
    small_company,
    stamp,
    sys_id,
    value_at,
)
from sandbox.stand_in import StandIn

ACTIVE_STATES = ("1", "2", "3", "6")
"""A resolved incident stays active until it closes by itself; 7 and 8 are not."""

READ_ONLY = frozenset({"sys_id", "number", "priority", "sys_created_on", "sys_created_by", "sys_updated_on", "sys_mod_count", "active"})


@dataclass
class ServiceNowStandIn(StandIn):
    """`user` and `password` are what it accepts. `asleep`: a page of a hibernating developer instance (HTML, 200).
    `cancelled`: an error beside the rows in a 200, as after the longest execution time. `blind`: the account may not see
    incidents' correlation_id, so that a query for it is dropped; `deaf`: only the query is. `version_1`: the unversioned address is
    the oldest API, where an empty list is 404."""

    name: str = "servicenow"
    user: str = "keyturn"
    password: str = "servicenow-password"
    tables: Tables = field(default_factory=small_company)
    asleep: bool = False
    cancelled: bool = False
    blind: bool = False
    deaf: bool = False
    version_1: bool = False
    counter: int = 10000

    def routes(self, app: web.Application) -> None:
        for base in ("/api/now/table", "/api/now/v1/table", "/api/now/v2/table"):
            app.router.add_get(base + "/{table}", self._list)
            app.router.add_post(base + "/{table}", self._create)
            app.router.add_get(base + "/{table}/{sys_id}", self._get)
            app.router.add_patch(base + "/{table}/{sys_id}", self._change)
            app.router.add_put(base + "/{table}/{sys_id}", self._change)
        app.router.add_route("*", "/{other:.*}", self._elsewhere)

    def state(self) -> dict[str, Any]:
        return {"incidents": self.incidents, "people": sorted(r["email"] for r in self.tables["sys_user"].values()),
                "groups": sorted(r["name"] for r in self.tables["sys_user_group"].values()), "journal": self.journal}

    @property
    def incidents(self) -> list[Row]:
        """Oldest first."""
        return list(self.tables["incident"].values())

    @property
    def journal(self) -> list[Row]:
        """Work notes and comments, oldest first."""
        return list(self.tables["sys_journal_field"].values())

    def notes(self, number: str) -> list[str]:
        """The work notes of an incident, oldest first."""
        key = self._numbered(number)["sys_id"]
        return [entry["value"] for entry in self.journal if entry["element_id"] == key and entry["element"] == "work_notes"]

    async def act(self, action: str, body: dict[str, Any]) -> Any:
        """set_state(number, state), add_person(email, name), add_incident(columns), asleep(on), delete(number)."""
        match action:
            case "set_state":
                self._apply(self._numbered(str(body["number"])), {"state": str(body["state"])})
                return self._numbered(str(body["number"]))
            case "add_person":
                row = person(str(body["email"]), str(body.get("name", "")), seed=str(len(self.tables["sys_user"])))
                self.tables["sys_user"][row["sys_id"]] = row
                return row["sys_id"]
            case "add_incident":
                return self._inserted({str(k): str(v) for k, v in body.items()})
            case "asleep":
                self.asleep = bool(body.get("on", True))
                return self.asleep
            case "delete":
                return self.tables["incident"].pop(self._numbered(str(body["number"]))["sys_id"])
        return await super().act(action, body)

    def too_many(self) -> web.Response:
        reset = int(time.time()) + 2
        headers = {"Retry-After": "2", "X-RateLimit-Limit": "100", "X-RateLimit-Reset": str(reset), "X-RateLimit-Rule": "Table API"}
        error = _error("Rate limit exceeded", "Rate limit of 100 requests per hour for Table API exceeded")
        return web.json_response(error, status=429, headers=headers)

    # ------------------------------------------------------------ routes

    async def _list(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        table, query = request.match_info["table"], request.query
        try:
            limit, offset = int(query.get("sysparm_limit", "10000")), int(query.get("sysparm_offset", "0"))
        except ValueError:
            return _refused(400, "Invalid parameter", "sysparm_limit and sysparm_offset are numbers")
        if limit < 0 or offset < 0:
            return _refused(400, "Invalid parameter", "sysparm_limit and sysparm_offset must not be negative")
        condition = query.get("sysparm_query", "")
        if self.blind or self.deaf:
            condition = "^".join(part for part in condition.split("^") if not part.startswith("correlation_id"))
        found = selected(self.tables, table, condition)
        if not found and (self.version_1 or "/v1/" in request.path):
            return _missing()
        rows = [self._shown(request, table, row) for row in found[offset:offset + limit]]
        body: dict[str, Any] = {"result": rows}
        if self.cancelled:
            body |= _error("Transaction cancelled: maximum execution time exceeded", "maximum execution time exceeded")
        return web.json_response(body, headers={"X-Total-Count": str(len(found))})

    async def _get(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        table = request.match_info["table"]
        row = self.tables[table].get(request.match_info["sys_id"])
        return _missing() if row is None else web.json_response({"result": self._shown(request, table, row)})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        values = await _values(request)
        if isinstance(values, web.Response):
            return values
        if request.match_info["table"] != "incident":
            return _refused(403, "Operation Failed", "ACL Exception Insert Failed due to security constraints")
        broken = _data_policy(values)
        if broken is not None:
            return broken
        row = self._inserted(values)
        location = f"{self.url}{request.path}/{row['sys_id']}"
        return web.json_response({"result": self._shown(request, "incident", row)}, status=201, headers={"Location": location})

    async def _change(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        values = await _values(request)
        if isinstance(values, web.Response):
            return values
        if request.match_info["table"] != "incident":
            return _refused(403, "Operation Failed", "ACL Exception Update Failed due to security constraints")
        row = self.tables["incident"].get(request.match_info["sys_id"])
        if row is None:
            return _missing()
        broken = _data_policy(row | values)
        if broken is not None and values.get("state") in ("3", "6"):
            return broken
        if values.get("state") == "7" and row["state"] != "7":
            return _refused(403, "Operation Failed", "ACL Exception Update Failed due to security constraints")
        self._apply(row, values)
        return web.json_response({"result": self._shown(request, "incident", row)})

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        if self.asleep:
            return _sleeping()
        return _refused(400, "Requested URI does not represent any resource", request.path)

    # ------------------------------------------------------------ rows

    def _refusal(self, request: web.Request) -> web.StreamResponse | None:
        if self.asleep:
            return _sleeping()
        wanted = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if request.headers.get("Authorization") != wanted:
            answer = _refused(401, "User Not Authenticated", "Required to provide Auth information")
            answer.headers["WWW-Authenticate"] = 'BASIC realm="Service-now"'
            return answer
        if request.match_info["table"] not in self.tables:
            return _refused(400, f"Invalid table {request.match_info['table']}", None)
        return None

    def _numbered(self, number: str) -> Row:
        for row in self.incidents:
            if row["number"] == number:
                return row
        raise LookupError(f"no incident {number!r}")

    def _inserted(self, values: Row) -> Row:
        self.counter += 1
        number = f"INC{self.counter:07}"
        row = dict.fromkeys(COLUMNS["incident"], "") | NEW_INCIDENT
        row |= {"sys_id": sys_id(number), "number": number, "opened_at": stamp(), "sys_created_on": stamp(),
                "sys_created_by": self.user, "opened_by": sys_id(self.user)}
        self.tables["incident"][row["sys_id"]] = row
        self._apply(row, values)
        return row

    def _apply(self, row: Row, values: Row) -> None:
        """Writes as the real one does: read-only and unknown columns vanish, long text is cut, journals append."""
        for column, value in values.items():
            if column in JOURNALS:
                if value:
                    key = sys_id(f"journal{len(self.journal)}")
                    self.tables["sys_journal_field"][key] = {"sys_id": key, "element_id": row["sys_id"], "element": column,
                                                             "name": "incident", "value": value, "sys_created_on": stamp()}
            elif column in COLUMNS["incident"] and column not in READ_ONLY:
                row[column] = value[:LENGTHS.get(column, 255)]
        row["incident_state"] = row["state"]
        row["active"] = "true" if row["state"] in ACTIVE_STATES else "false"
        row["priority"] = _priority(row["urgency"], row["impact"])
        if row["state"] == "6" and not row["resolved_at"]:
            row["resolved_at"], row["resolved_by"] = stamp(), sys_id(self.user)
        row["sys_updated_on"], row["sys_updated_by"] = stamp(), self.user
        row["sys_mod_count"] = str(int(row["sys_mod_count"]) + 1)

    def _shown(self, request: web.Request, table: str, row: Row) -> dict[str, Any]:
        query = request.query
        fields = [f for f in query.get("sysparm_fields", "").split(",") if f] or list(COLUMNS[table])
        plain = query.get("sysparm_exclude_reference_link") == "true"
        shown: dict[str, Any] = {}
        for path in fields:
            value = value_at(self.tables, table, row, path)
            if value is None or (self.blind and path == "correlation_id"):
                continue
            target = REFERENCES.get(path)
            if target and value and not plain:
                shown[path] = {"link": f"{self.url}/api/now/table/{target}/{value}", "value": value}
            else:
                shown[path] = value
        return shown


async def _values(request: web.Request) -> Row | web.Response:
    """The columns of a body. The real one turns numbers and booleans into text, and cannot read anything deeper."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict) or any(isinstance(v, dict | list) for v in body.values()):
        return _refused(400, "Exception while reading request", "The payload is not valid JSON.")
    return {str(k): "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in body.items()}


def _data_policy(row: Row) -> web.Response | None:
    needed = {"6": ("close_code", "close_notes"), "7": ("close_code", "close_notes"), "3": ("hold_reason",)}.get(row.get("state", ""), ())
    absent = [column for column in needed if not row.get(column)]
    if not absent:
        return None
    labels = {"close_code": "Resolution code", "close_notes": "Resolution notes", "hold_reason": "On hold reason"}
    named = ", ".join(labels[column] for column in absent)
    return _refused(403, "Operation Failed", "Data Policy Exception: The following fields are mandatory: " + named)


def _priority(urgency: str, impact: str) -> str:
    """The matrix of a new instance: 1 and 1 is 1, 3 and 3 is 5."""
    try:
        return str(min(max(int(urgency) + int(impact) - 1, 1), 5))
    except ValueError:
        return "5"


def _error(message: str, detail: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "detail": detail}, "status": "failure"}


def _refused(status: int, message: str, detail: str | None) -> web.Response:
    return web.json_response(_error(message, detail), status=status)


def _missing() -> web.Response:
    return _refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def _sleeping() -> web.Response:
    return web.Response(text="<html><body>Your instance is hibernating.</body></html>", content_type="text/html")
