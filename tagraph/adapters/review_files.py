"""Review tasks to a file for people, and their answers back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

from tagraph.adapters.new_files import check_target, write_file
from tagraph.errors import InputError
from tagraph.stages.review_tasks import (
    LABEL_STUDIO,
    Answer,
    Task,
    describe_interface,
    make_rows,
    read_answers,
)


def write_tasks(
    tasks: Sequence[Task],
    path: Path,
    tool: str,
    sources: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Write tasks as a JSON array; beside it, for Label Studio, its labelling configuration.

    Args:
        tasks: What to ask.
        path: Where the tasks go.
        tool: Whose form they have.
        sources: Absolute paths that must stay as they are.
        overwrite: Replace files that are there.

    Returns:
        The files written.

    Raises:
        InputError: A file is there already, or cannot be written.
    """
    interface = path.with_suffix(".xml")
    paths = [path, interface] if tool == LABEL_STUDIO else [path]
    for target in paths:
        check_target(target, sources, overwrite=overwrite)
    with write_file(path) as stream:
        stream.write(orjson.dumps(make_rows(tasks, tool), option=orjson.OPT_INDENT_2) + b"\n")
    if tool == LABEL_STUDIO:
        with write_file(interface) as stream:
            stream.write(describe_interface(tasks[0].kind, list(tasks[0].texts)).encode())
    return paths


def read_answer_file(path: str | Path) -> list[Answer]:
    """Read the answers of people from a JSON array, or from JSON lines.

    Raises:
        InputError: The file cannot be read, or holds something else; the message names file and
            row.
    """
    try:
        content = Path(path).read_bytes()
        is_array = content.lstrip()[:1] == b"["
        rows = orjson.loads(content) if is_array else list(map(orjson.loads, content.splitlines()))
        return read_answers(rows)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
