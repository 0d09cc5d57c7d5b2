"""Blocks as Slack keeps them: with the ids it adds, and the state their inputs start with."""

from __future__ import annotations

import copy

from sandbox.slack_reading import elements, initial_of
from sandbox.slack_records import Json, fresh


def kept(blocks: list[Json]) -> list[Json]:
    """A copy with a block_id on each block and an action_id on each element, made up where the app gave none."""
    out = copy.deepcopy(blocks)
    for block in out:
        block.setdefault("block_id", fresh("", 5))
        for element in elements(block):
            if element.get("type") != "image":
                element.setdefault("action_id", fresh("", 5))
    return out


def state_of(blocks: list[Json], before: dict[str, Json] | None = None) -> dict[str, Json]:
    """The values of all inputs: what was put in `before` stays where block_id, action_id and type are the same."""
    out: dict[str, Json] = {}
    for block in blocks:
        for element in elements(block):
            start = initial_of(element)
            if len(start) < 2:
                continue
            had = (before or {}).get(block["block_id"], {}).get(element["action_id"])
            same = had is not None and had.get("type") == start["type"]
            out.setdefault(block["block_id"], {})[element["action_id"]] = had if same else start
    return out
