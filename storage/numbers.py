"""The readable ids: `IT-1048` of a request, `EVT-2048` of an audit event."""

from __future__ import annotations

import re

_REQUEST = re.compile(r"IT-(0|[1-9][0-9]{0,9})")
_EVENT = re.compile(r"EVT-(0|[1-9][0-9]{0,17})")
_GREATEST_REQUEST = 2_000_000_000
"""Leaves room for new ones: the column holds 32 bits."""
_GREATEST_EVENT = 10**18


def request_number(request_id: str) -> int:
    """1048 of `IT-1048`. ValueError when it is none, has leading zeros, or is too great to count on from."""
    match = _REQUEST.fullmatch(request_id)
    if not match or int(match[1]) > _GREATEST_REQUEST:
        raise ValueError(f"not a request id like IT-1048: {request_id!r}")
    return int(match[1])


def event_number(event_id: str) -> int:
    """2048 of `EVT-2048`. ValueError as in `request_number`."""
    match = _EVENT.fullmatch(event_id)
    if not match or int(match[1]) > _GREATEST_EVENT:
        raise ValueError(f"not an event id like EVT-2048: {event_id!r}")
    return int(match[1])
