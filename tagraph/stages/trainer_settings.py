"""What LLaMA-Factory and axolotl must be told to read a file of rows: settings to paste."""

from __future__ import annotations

import json

_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
    "observation_tag": "tool",
    "function_tag": "function",
}

_LLAMA_FACTORY: dict[str, dict[str, object]] = {
    "messages": {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _TAGS},
    "sharegpt": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
    "alpaca": {
        "formatting": "alpaca",
        "columns": {
            "prompt": "instruction",
            "query": "input",
            "response": "output",
            "system": "system",
            "history": "history",
        },
    },
    "prompt-completion": {
        "formatting": "alpaca",
        "columns": {"prompt": "prompt", "response": "completion"},
    },
}
_AXOLOTL: dict[str, dict[str, object]] = {
    "messages": {"type": "chat_template", "field_messages": "messages"},
    "sharegpt": {
        "type": "chat_template",
        "field_messages": "conversations",
        "message_property_mappings": {"role": "from", "content": "value"},
        "roles": {
            "user": ["human"],
            "assistant": ["gpt", "function_call"],
            "system": ["system"],
            "tool": ["observation"],
        },
    },
    "alpaca": {"type": "alpaca"},
}
_SUFFIXES = ("csv", "json", "jsonl", "parquet")  # of what LLaMA-Factory opens; nothing packed


def describe_settings(
    form: str, file_name: str, *, is_plain: bool = True, is_bare: bool = True
) -> dict[str, str]:
    """Return what to paste for each trainer that reads a form; empty where none does.

    Args:
        form: The form of the rows.
        file_name: Name of the file of rows.
        is_plain: No field holds a list of messages; without this no trainer here reads
            `prompt-completion` (TRL reads it as it is).
        is_bare: No row has a system prompt or earlier turns; axolotl's `alpaca` reads neither.

    Returns:
        Trainer -> one line: an entry of LLaMA-Factory's `dataset_info.json`, a dataset of
        axolotl's YAML (in YAML's flow style, which is JSON).
    """
    name, *suffixes = file_name.split(".")
    name = name or "tagraph"
    found = {}
    is_opened = bool(suffixes) and suffixes[-1] in _SUFFIXES
    if form in _LLAMA_FACTORY and is_opened and (is_plain or form != "prompt-completion"):
        entry = json.dumps({name: {"file_name": file_name, **_LLAMA_FACTORY[form]}})
        found["dataset_info.json"] = entry[1:-1]
    if form in _AXOLOTL and (is_bare or form != "alpaca"):
        kind = next((kind for kind in ("parquet", "csv") if kind in suffixes), "json")
        found["axolotl"] = json.dumps([{"path": file_name, "ds_type": kind, **_AXOLOTL[form]}])
    return found
