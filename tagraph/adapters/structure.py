"""How a server is made to answer in a form, and how that answer is taken out of its reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tagraph.steps.calls import Reply

TOOL = "answer"


def demand(structure: str, schema: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that keep an answer to a JSON schema, those in `body` kept.

    `schema` is enforced by the server, `tool` by forced tool use; `prompt` demands nothing here.
    """
    if structure == "schema":
        form = {"format": {"type": "json_schema", "schema": schema}}
        return {"output_config": {**body.get("output_config", {}), **form}}
    if structure == "tool":
        tool = {"name": TOOL, "description": "Give the answer.", "strict": True}
        choice = {"type": "tool", "name": TOOL}
        return {"tools": [{**tool, "input_schema": schema}], "tool_choice": choice}
    return {}


def extend(body: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with more parameters on top; of `output_config`, what both hold is kept."""
    both = {**body.get("output_config", {}), **more.get("output_config", {})}
    return {**body, **more, **({"output_config": both} if both else {})}


def read_structured(reply: Reply, structure: str) -> object:
    """Return the JSON values of an answer, None if there are none; never searches in text."""
    if structure == "tool":
        inputs = reply.tool_inputs
        return inputs[0] if len(inputs) == 1 else None
    try:
        return orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        return None
