"""A stand-in of Okta's management API and token endpoint, as far as a password reset needs them.

Stateful, over real HTTP; refuses what Okta refuses (credential, scope, status, unknown id, a missing sendEmail).
Beyond the failure kinds of every stand-in it has `empty`, `html`, `wrong` (JSON of another shape) and `concurrent`
(the 429 of too many calls at once), and `later_pages`, a kind that hits every page of a list but its first.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.okta_credentials import Credentials
from sandbox.okta_org import OktaError, OktaOrg, Push
from sandbox.okta_pages import matching, page
from sandbox.okta_people import OktaFactor, OktaPerson, group_json, stamp
from sandbox.stand_in import Failure, StandIn
from sandbox.world import ADMIN

TOKEN = "00SandboxTokenThatOpensNothingElse00000001"

_ACTIONS = (
    "push_approve", "push_reject", "push_timeout", "use_link", "set_status", "add_role", "remove_roles", "add_group", "remove_group",
    "set_apps", "set_factors",
)  # fmt: skip

_ONE_ADDRESS = re.compile(r'profile\.email eq "([^"\\]*)"')

Deed = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class OktaStandIn(StandIn, OktaOrg):
    name: str = "Okta"
    credentials: Credentials = field(default_factory=lambda: Credentials(TOKEN))
    page_size: int = 1000
    """The most entries of a page, whatever was asked for."""
    later_pages: str = ""
    calls_a_minute: int = 100_000
    leaks_links: bool = False
    """True: the answer of a reset carries the link although it was mailed."""
    _window: tuple[int, int] = (0, 0)

    def routes(self, app: web.Application) -> None:
        add = app.router.add_route
        read, manage = "okta.users.read", "okta.users.manage"
        user = "/api/v1/users/{user}"
        add("POST", "/oauth2/v1/token", self.credentials.token_endpoint)
        for method, path, scope, deed in (
            ("GET", "/api/v1/users", read, self._find),
            ("GET", user, read, self._get_user),
            ("GET", f"{user}/appLinks", read, self._app_links),
            ("GET", f"{user}/groups", read, self._user_groups),
            ("GET", f"{user}/roles", "okta.roles.read", self._roles),
            ("GET", f"{user}/factors", read, self._factors),
            ("POST", f"{user}/factors/{{factor}}/verify", manage, self._verify),
            ("GET", f"{user}/factors/{{factor}}/transactions/{{transaction}}", read, self._transaction),
            ("POST", f"{user}/lifecycle/reset_password", manage, self._reset),
            ("POST", f"{user}/lifecycle/unlock", manage, self._unlock),
            ("POST", f"{user}/credentials/forgot_password", manage, self._forgot),
            ("DELETE", f"{user}/sessions", manage, self._sessions),
            ("GET", "/api/v1/groups", "okta.groups.read", self._groups),
            ("GET", "/api/v1/groups/{group}/users", "okta.groups.read", self._members),
            ("GET", "/api/v1/logs", "okta.logs.read", self._logs),
        ):
            add(method, path, self._guarded(scope, deed))
        add("*", "/api/{rest:.*}", self._guarded(read, self._nothing))

    def state(self) -> dict[str, Any]:
        return {
            "people": {key: asdict(person) for key, person in self.people.items()},
            "outbox": [asdict(mail) for mail in self.outbox],
            "pushes": [{**asdict(push), "state": push.state} for push in self.pushes],
            "log": [{key: entry[key] for key in ("published", "eventType", "target")} for entry in self.log_entries[-100:]],
        }

    async def act(self, action: str, body: dict[str, Any]) -> Any:
        if action not in _ACTIONS:
            raise LookupError(f"Okta has no action {action!r}, only {', '.join(_ACTIONS)}")
        try:
            return getattr(self, action)(**body)
        except (TypeError, KeyError) as error:
            raise LookupError(f"{action}: {error}") from error

    # ------------------------------------------------------------ around every call

    def _guarded(self, scope: str, deed: Deed) -> Deed:
        async def guarded(request: web.Request) -> web.Response:
            refusal = self.credentials.refusal(request, scope)
            remaining = self._count()
            try:
                if refusal is not None:
                    raise OktaError(*refusal)
                response = self.too_many() if remaining < 0 else await deed(request)
            except OktaError as error:
                response = web.json_response(error.json(), status=error.status)
            for name, value in self._rate(max(remaining, 0)).items():
                response.headers.setdefault(name, value)
            response.headers["X-Okta-Request-Id"] = f"req{len(self.calls)}"
            return response

        return guarded

    def _count(self) -> int:
        """Calls that are left in this minute."""
        minute = int(time.time() // 60)
        self._window = (minute, self._window[1] + 1 if self._window[0] == minute else 1)
        return self.calls_a_minute - self._window[1]

    def _rate(self, remaining: int) -> dict[str, str]:
        reset = (int(time.time() // 60) + 1) * 60
        return {"X-Rate-Limit-Limit": str(self.calls_a_minute), "X-Rate-Limit-Remaining": str(remaining), "X-Rate-Limit-Reset": str(reset)}

    def too_many(self) -> web.Response:
        return web.json_response(OktaError(429, "E0000047").json(), status=429, headers=self._rate(0))

    def _failure(self, request: web.Request) -> Failure | None:
        if self.later_pages and "after" in request.query:
            return Failure(self.later_pages)
        return super()._failure(request)

    async def _fail(self, request: web.Request, failure: Failure) -> web.StreamResponse | None:
        match failure.kind:
            case "empty":
                return web.Response(content_type="application/json")
            case "html":
                return web.Response(text="<html><title>Sign in</title></html>", content_type="text/html")
            case "wrong":
                return web.json_response({"unexpected": True})
            case "concurrent":
                headers = {**self._rate(0), "X-Rate-Limit-Limit": "0"}
                return web.json_response(OktaError(429, "E0000047").json(), status=429, headers=headers)
        return await super()._fail(request, failure)

    # ------------------------------------------------------------ people

    async def _find(self, request: web.Request) -> web.Response:
        people = [person for person in self.people.values() if person.indexed]
        if exact := _ONE_ADDRESS.fullmatch(request.query.get("search", "")):
            # The same answer without drawing thousands of people who are not asked for.
            people = [person for person in people if person.email.casefold() == exact[1].casefold()]
        found = [person.json(self.url) for person in people]
        found = matching(found, request)
        if starts := request.query.get("q", "").casefold():
            found = [one for one in found if one["status"] != "DEPROVISIONED" and any(
                str(one["profile"][name]).casefold().startswith(starts) for name in ("firstName", "lastName", "email")
            )]  # fmt: skip
        return page(request, self.page_size, found, default=200, most=200)

    async def _get_user(self, request: web.Request) -> web.Response:
        person = self._user(request)
        base = f"{self.url}/api/v1/users/{person.id}"
        links = {}
        if self.reaches(person) and person.status not in ("DEPROVISIONED", "STAGED", "SUSPENDED"):
            links["resetPassword"] = {"href": f"{base}/lifecycle/reset_password", "method": "POST"}
        return web.json_response(person.json(self.url, links=links))

    async def _app_links(self, request: web.Request) -> web.Response:
        return page(request, self.page_size, self._user(request).app_links(self.url), default=1000, most=1000)

    async def _user_groups(self, request: web.Request) -> web.Response:
        groups = [group_json(self.url, id, self.group_names[id]) for id in self._user(request).groups]
        return page(request, self.page_size, groups, default=1000, most=1000)

    async def _roles(self, request: web.Request) -> web.Response:
        return page(request, self.page_size, self._user(request).role_list(self.url), default=1000, most=1000)

    async def _groups(self, request: web.Request) -> web.Response:
        groups = matching([group_json(self.url, id, name) for id, name in self.group_names.items()], request)
        starts = request.query.get("q", "").casefold()
        groups = [one for one in groups if one["profile"]["name"].casefold().startswith(starts)]
        return page(request, self.page_size, groups, default=300, most=10_000)

    async def _members(self, request: web.Request) -> web.Response:
        group = request.match_info["group"]
        if group not in self.group_names:
            raise OktaError(404, "E0000007", f"{group} (UserGroup)")
        found = [person.json(self.url) for person in self.people.values() if group in person.groups]
        return page(request, self.page_size, found, default=1000, most=1000)

    # ------------------------------------------------------------ factors

    async def _factors(self, request: web.Request) -> web.Response:
        person = self._user(request)
        return page(request, self.page_size, [factor.json(self.url, person.id) for factor in person.factors], default=1000, most=1000)

    async def _verify(self, request: web.Request) -> web.Response:
        person = self._user(request)
        factor = self._factor(request, person)
        body = json.loads(await request.text() or "{}")
        push = self.push(person, factor, with_number=body.get("useNumberMatchingChallenge") is True)
        sent = web.json_response(self._push_json(push, person), status=201)
        self.approve_at_once(push)
        return sent

    async def _transaction(self, request: web.Request) -> web.Response:
        person = self._user(request)
        factor = self._factor(request, person)
        wanted = request.match_info["transaction"]
        newest_first = reversed(self.pushes)
        push = next((one for one in newest_first if one.id == wanted and (one.person, one.factor_id) == (person.key, factor.id)), None)
        if push is None:
            raise OktaError(404, "E0000007", f"{wanted} (FactorTransaction)")
        return web.json_response(self._push_json(push, person))

    def _push_json(self, push: Push, person: OktaPerson) -> dict[str, Any]:
        if push.state == "SUCCESS":
            return {"factorResult": "SUCCESS"}
        base = f"{self.url}/api/v1/users/{person.id}/factors/{push.factor_id}"
        profile = {"credentialId": person.login}
        if push.state != "WAITING":
            verify = {"href": f"{base}/verify", "hints": {"allow": ["POST"]}}
            links = {"verify": verify, "factor": {"href": base, "hints": {"allow": ["GET", "DELETE"]}}}
            return {"factorResult": push.state, "profile": profile, "_links": links}
        here = f"{base}/transactions/{push.id}"
        links = {"poll": {"href": here, "hints": {"allow": ["GET"]}}, "cancel": {"href": here, "hints": {"allow": ["DELETE"]}}}
        waiting: dict[str, Any] = {"expiresAt": stamp(push.expires), "factorResult": "WAITING", "profile": profile, "_links": links}
        if push.number is not None:
            waiting["_embedded"] = {"challenge": {"correctAnswer": push.number}}
        return waiting

    # ------------------------------------------------------------ changes

    async def _reset(self, request: web.Request) -> web.Response:
        mailed = request.query.get("sendEmail")
        if mailed not in ("true", "false"):
            raise OktaError(400, "E0000001", "sendEmail")
        mail = self.reset(self._user(request), self.url)
        return self._link_answer(mailed == "true", mail)

    async def _forgot(self, request: web.Request) -> web.Response:
        mail = self.forgot(self._user(request), self.url)
        return self._link_answer(request.query.get("sendEmail", "true") == "true", mail)

    def _link_answer(self, mailed: bool, mail: Any) -> web.Response:
        if mailed:
            self.send(mail)
        return web.json_response({"resetPasswordUrl": mail.link} if self.leaks_links or not mailed else {})

    async def _unlock(self, request: web.Request) -> web.Response:
        self.unlock_account(self._user(request))
        return web.json_response({})

    async def _sessions(self, request: web.Request) -> web.Response:
        self.end_sessions(self._user(request))
        return web.Response(status=204)

    # ------------------------------------------------------------ System Log

    async def _logs(self, request: web.Request) -> web.Response:
        query = request.query
        since = query.get("since") or stamp(datetime.now(UTC) - timedelta(days=7))
        until = query.get("until") or "9999"
        found = [entry for entry in self.visible_log() if since <= entry["published"] < until]
        found = matching(found, request)
        if query.get("sortOrder", "ASCENDING") == "DESCENDING":
            found.reverse()
        return page(request, self.page_size, found, default=100, most=1000, endless="until" not in query)

    async def _nothing(self, _: web.Request) -> web.Response:
        raise OktaError(405, "E0000022")

    # ------------------------------------------------------------ how

    def _user(self, request: web.Request) -> OktaPerson:
        """By id, login, short name or `me`, which all mean a person to Okta."""
        wanted = request.match_info["user"]
        if wanted == "me":
            return self.people[ADMIN.key]
        by_key = self.people.get(wanted)
        if by_key is not None and by_key.id == wanted:
            return by_key
        for person in self.people.values():
            if wanted == person.id or wanted.casefold() in (person.login.casefold(), person.login.partition("@")[0].casefold()):
                return person
        raise OktaError(404, "E0000007", f"{wanted} (User)")

    def _factor(self, request: web.Request, person: OktaPerson) -> OktaFactor:
        wanted = request.match_info["factor"]
        for factor in person.factors:
            if factor.id == wanted:
                return factor
        raise OktaError(404, "E0000007", f"{wanted} (UserFactor)")
