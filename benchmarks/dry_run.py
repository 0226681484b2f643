"""Hold what a dry run says against what a server on this machine counts, for 1,000 samples.

The whole command runs twice, through the real SDK: first with `--dry-run`, then for good. The
server counts tokens in its own way, and tells it the same way when it is asked before.

    python -m benchmarks.dry_run [--samples 1000] [--calls-per-item 2]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tagraph import read_samples
from tagraph.cli.entry import run
from tagraph.store import open_store
from tests.messages_server import Body, Say, longer_wins, message, serving

DATA = Path(__file__).resolve().parents[1] / "data" / "sample.jsonl"
WAYS = ("", "In one sentence: ", "For a child: ", "As a list: ")


def answer(body: Body, number: int) -> Say:
    """Tag by the words of a sample, judge by length."""
    shown = json.loads(body["messages"][0]["content"].split("\n")[2])
    if "samples" not in shown:
        return longer_wins(body, number)
    rows = []
    for row in shown["samples"]:
        words = sorted({w.strip(".,?!:").lower() for w in row["turns"][0]["content"].split()})
        tags = [{"tag": word, "explanation": "it says so"} for word in words if len(word) > 4][:5]
        rows.append({"id": row["id"], "tags": tags or [{"tag": "short", "explanation": "is"}]})
    return Say(body=message(json.dumps({"samples": rows}), body))


def write_pool(path: Path, n_samples: int) -> None:
    """Write as many different samples as asked for, made of those in `data/`."""
    samples = list(read_samples(DATA))
    with path.open("w", encoding="utf-8") as out:
        for i in range(n_samples):
            sample = samples[i % len(samples)]
            query = WAYS[i // len(samples) % len(WAYS)] + sample.query
            row = {"instruction": query, "output": sample.response}
            out.write(json.dumps(row) + "\n")


def finish(arguments: list[str]) -> None:
    """Run a command to its good end."""
    code = run(arguments)
    if code:
        raise SystemExit(code)


def plan(arguments: list[str]) -> dict[str, Any]:
    """Return what a dry run says."""
    out = StringIO()
    with redirect_stdout(out):
        finish([*arguments, "--dry-run", "--json"])
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def main() -> None:
    """Print estimate and truth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--calls-per-item", default="2")
    chosen = parser.parse_args()
    os.environ["ANTHROPIC_API_KEY"] = "none"
    with serving(answer) as server, TemporaryDirectory() as folder:
        pool, output = Path(folder) / "pool.jsonl", Path(folder) / "subset.jsonl"
        write_pool(pool, chosen.samples)
        paid = ["--tagger", "claude", "--judge", "claude", "--model", "claude-haiku-5-5"]
        arguments = ["select", str(pool), "-k", "100", "-o", str(output), *paid, "-q"]
        arguments += ["--base-url", server.url, "--calls-per-item", chosen.calls_per_item]
        said = plan(arguments)
        start = time.perf_counter()
        finish(arguments)
        print(f"{chosen.samples} samples, {time.perf_counter() - start:.0f} s")
        with open_store(output.with_suffix(".db")) as store:
            rows = store.query("SELECT * FROM v_costs WHERE step IN ('tag', 'compare')")
    for row in rows:
        step = row["step"]
        for name, true in (("calls", row["requests"]), ("input_tokens", row["input_tokens"])):
            found = said[f"{step}_{name}"]
            likely = found if name == "calls" else found[1]
            print(f"{step:<8} {name:<13} said {found}, was {true}: {likely / true - 1:+.2%}")
        print(
            f"{step:<8} {'output_tokens':<13} said {said[f'{step}_output_tokens']}, was"
            f" {row['output_tokens']} (the server's answers are made up)"
        )


if __name__ == "__main__":
    main()
