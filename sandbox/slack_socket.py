"""Socket Mode: a real websocket server that says hello, sends envelopes and waits for their acknowledgements.

Protocol from the documentation "Using Socket Mode": the address comes from apps.connections.open and is good once; an envelope is
acknowledged by its `envelope_id`; `disconnect` asks the app to come back on a new connection; ten connections at most.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from sandbox.slack_delivery import Answer
from sandbox.slack_records import Json, fresh
from sandbox.slack_web_api import Arguments, Method
from sandbox.slack_workspace import Workspace

MOST_CONNECTIONS = 10
TICKET_SECONDS = 30.0


@dataclass(eq=False)
class Connection:
    socket: web.WebSocketResponse
    request: web.Request
    number: int
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    leaving: bool = False
    """It was asked to disconnect: no new envelopes."""


@dataclass
class SocketMode:
    workspace: Workspace
    base: str = ""
    """ws://host:port, known once the server listens."""
    connections: list[Connection] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    """Envelope ids, in the order in which the bot acknowledged them."""
    unacknowledged: list[str] = field(default_factory=list)
    _tickets: dict[str, float] = field(default_factory=dict)
    _turn: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))

    # ------------------------------------------------------------ connecting

    def open_connection(self, ws: Workspace, args: Arguments) -> Json:
        """apps.connections.open, with an app-level token."""
        ticket = fresh("", 24).lower()
        self._tickets[ticket] = ws.clock() + TICKET_SECONDS
        return {"url": f"{self.base}/link/?ticket={ticket}&app_id={ws.app_id}"}

    @property
    def methods(self) -> dict[str, Method]:
        return {"apps.connections.open": Method(self.open_connection, ("connections:write",), 1, app_token=True)}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The websocket endpoint. 404 for an address that was used or is too old."""
        until = self._tickets.pop(request.query.get("ticket", ""), None)
        if until is None or until < self.workspace.clock():
            return web.Response(status=404)
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        if len(self._open()) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "sandbox"}})
            await socket.close()
            return socket
        connection = Connection(socket, request, next(self._numbers))
        self.connections.append(connection)
        try:
            await socket.send_json({
                "type": "hello", "num_connections": len(self._open()), "connection_info": {"app_id": self.workspace.app_id},
                "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 3600},
            })
            self.workspace.touch()
            await self._listen(connection)
        finally:
            self.connections.remove(connection)
            for waiting in connection.waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError("the connection closed before the acknowledgement"))
            self.workspace.touch()
        return socket

    async def _listen(self, connection: Connection) -> None:
        async for frame in connection.socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                said = json.loads(frame.data)
                envelope = said["envelope_id"]
            except (ValueError, KeyError, TypeError):
                self.workspace.fault(f"Socket Mode: not an acknowledgement: {str(frame.data)[:80]!r}")
                continue
            waiting = connection.waiting.get(envelope)
            if waiting is not None and not waiting.done():
                self.acknowledged.append(envelope)
                waiting.set_result(said.get("payload", ""))

    def _open(self) -> list[Connection]:
        return [c for c in self.connections if not c.leaving and not c.socket.closed]

    async def connected(self, within: float = 10.0, *, after: int = 0) -> int:
        """Waits until the bot has a connection whose number is greater than `after`; gives that number. TimeoutError otherwise."""
        found = await self.workspace.until(lambda: next((c.number for c in self._open() if c.number > after), None), within)
        if found is None:
            raise TimeoutError("the bot opened no Socket Mode connection")
        return found

    # ------------------------------------------------------------ sending

    async def send(self, kind: str, payload: Json, attempt: int, reason: str, within: float) -> Answer:
        """One envelope on one of the connections, in turn. Status 0 when it was not acknowledged within `within` seconds."""
        try:
            await self.connected(within)
        except TimeoutError:
            return Answer(0, "no connection")
        ready = self._open()
        self._turn += 1
        connection = ready[self._turn % len(ready)]
        envelope = str(uuid4())
        body: Json = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": kind != "events_api"}
        if kind == "events_api":
            body |= {"retry_attempt": attempt, "retry_reason": reason}
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope] = waiting
        try:
            await connection.socket.send_json(body)
            async with asyncio.timeout(within):
                return Answer(200, await waiting)
        except TimeoutError:
            self.unacknowledged.append(envelope)
            return Answer(0, "timeout")
        except ConnectionError as error:
            self.unacknowledged.append(envelope)
            return Answer(0, str(error) or "the connection closed")
        finally:
            connection.waiting.pop(envelope, None)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Asks the bot to reconnect, on all connections (Slack does so about every hour)."""
        for connection in self._open():
            connection.leaving = True
            await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    async def drop(self) -> None:
        """Cuts all connections without a word."""
        for connection in list(self.connections):
            connection.leaving = True
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def close(self) -> None:
        for connection in list(self.connections):
            connection.leaving = True
            await connection.socket.close()
