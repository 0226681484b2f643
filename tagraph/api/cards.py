"""The dataset card of a selection: what is in it, where it is from, and what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tagraph.adapters.new_files import check_target, write_file
from tagraph.api.manifest import describe_run, list_held
from tagraph.store import Store
from tagraph.text import escape_markdown, escape_toml, shorten

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGEST = "n>1M"
SHOWN = 20
WIDTH = 200

ABOUT = """\
Selected by tagraph {version}. Say here what the data is for, who wrote it, and under which licence:
that of the source holds for every row.
"""


def describe_selection(store: Store, data_file: str = "subset.jsonl") -> str:
    """Return the dataset card of the stored selection, as the Hugging Face hub reads it.

    It holds counts, names of clusters and digests, and no text of a sample. The licence is left
    open: only whoever knows the source can say it. Equal runs give equal cards.

    Args:
        store: A store with a selection.
        data_file: Name of the file with the selected rows, beside the card.

    Raises:
        MissingResultError: Nothing was selected.
    """
    return "\n".join(_lines(store, data_file)) + "\n"


def _lines(store: Store, data_file: str) -> Iterator[str]:
    told = describe_run(store)
    n_rows = told["selection"]["rows"]
    size = next((name for most, name in SIZES if n_rows < most), LARGEST)
    yield "---\nlicense: other\ntask_categories:\n- text-generation"
    yield "tags:\n- instruction-tuning\n- tagraph"
    yield f"size_categories:\n- {size}"
    yield "configs:\n- config_name: default\n  data_files:\n  - split: train"
    yield f"    path: {escape_toml(data_file)}\n---\n\n# {escape_markdown(Path(data_file).stem)}\n"
    version = told["steps"]["select"]["version"]
    yield ABOUT.format(version=version)
    n_samples = sum(source["records"] for source in told["sources"])
    policy = told["steps"]["select"]["found"]["policy"]
    yield f"{n_rows:,} rows of {n_samples:,} records, by policy `{policy}`.\n"
    yield "## Source\n\n| file | records | SHA-256 |\n| --- | --- | --- |"
    for source in told["sources"]:
        name = escape_markdown(shorten(source["name"], WIDTH))
        yield f"| {name} | {source['records']:,} | `{source['sha256']}` |"
    yield from _describe_steps(told["steps"])
    yield from _describe_clusters(store)
    yield from _describe_audit(store)
    cost = told["cost"]
    yield f"\n## Cost\n\n${cost['usd']:.4f} known, {cost['requests']:,} requests to paid models."
    yield "\n## Making it again\n\n`tagraph replay STORE --manifest FILE`; digest of the ids:"
    yield f"`{told['selection']['ids']}`."


def _describe_steps(steps: dict[str, dict[str, object]]) -> Iterator[str]:
    yield "\n## Steps\n\n| step | version | digest of the result |\n| --- | --- | --- |"
    for name, step in steps.items():
        yield f"| {name} | {step['version']} | `{step['result']}` |"


def _describe_clusters(store: Store) -> Iterator[str]:
    selection = store.results.load_selection()
    if not store.run("cluster"):
        return
    clustering = store.groups.load_clustering()
    counts = Counter(selection.cluster.tolist())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    yield "\n## Clusters\n\nMade of the data; a name is the cluster's most telling tags.\n"
    yield "| cluster | rows |\n| --- | --- |"
    for cluster, count in ranked[:SHOWN]:
        name = clustering.names[cluster] if cluster >= 0 else "none"
        yield f"| {escape_markdown(shorten(name, WIDTH))} | {count:,} |"
    if len(ranked) > SHOWN:
        yield f"| {len(ranked) - SHOWN:,} more | {sum(n for _, n in ranked[SHOWN:]):,} |"


def _describe_audit(store: Store) -> Iterator[str]:
    yield "\n## Beside random and longest rows\n\n```"
    yield from store.results.load_audit().tell()
    yield "```"


def write_card(
    store: Store, path: Path, data_file: str = "subset.jsonl", *, overwrite: bool = False
) -> None:
    """Write the dataset card of the stored selection; a file that holds it already is left alone.

    Raises:
        InputError: The file is there with other content, or cannot be written.
        MissingResultError: Nothing was selected.
    """
    content = describe_selection(store, data_file).encode()
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return
    check_target(path, list_held(store), overwrite=overwrite)
    with write_file(path) as stream:
        stream.write(content)
