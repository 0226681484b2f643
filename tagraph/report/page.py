"""A store to one HTML page that needs nothing else: styles, scripts and data are inside."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

import orjson

from tagraph.report.coverage import describe_audit, describe_coverage
from tagraph.report.findings import Findings, load_findings
from tagraph.report.funnel import describe_funnel
from tagraph.report.groups import describe_communities
from tagraph.report.judging import describe_judge
from tagraph.report.options import ReportOptions
from tagraph.report.rivals import describe_selection
from tagraph.report.spending import describe_costs
from tagraph.report.strengths import describe_strengths
from tagraph.report.tag_map import describe_tags
from tagraph.report.texts import Texts
from tagraph.report.vocabulary import describe_vocabulary
from tagraph.store import Store
from tagraph.text import clean_tag, escape_script

LIBRARY = "cytoscape.min.js"
SCRIPTS = (
    "elements.js",
    "tables.js",
    "charts.js",
    "overview.js",
    "graph.js",
    "groups.js",
    "selection.js",
    "judging.js",
    "start.js",
)
# The library adds this rule to every page that it draws on.
_LIBRARY_RULE = ".__________cytoscape_container { position: relative; }"


def render_report(
    store: Store,
    name: str = "",
    options: ReportOptions = ReportOptions(),
    *,
    limits: str = "",
) -> bytes:
    """Return what a store holds as one HTML page.

    The page opens without a network: a policy in its head allows its own scripts and styles by
    their SHA-256 and nothing else. The same store gives the same bytes.

    Args:
        store: With at least the samples; steps that were not run are left out.
        name: What to call the store on the page.
        options: How much goes in.
        limits: What the judge cannot see, one sentence.

    Raises:
        MissingResultError: Nothing was ingested.
    """
    data = describe_store(load_findings(store, name, limits), options)
    json = escape_script(orjson.dumps(data).decode())
    library, style = _read(LIBRARY), _read("page.css")
    script = "\n".join(_read(name) for name in SCRIPTS)
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash(library)} {_hash(script)}",
            f"style-src {_hash(style)} {_hash(_LIBRARY_RULE)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    parts = {
        "POLICY": policy,
        "STYLE": style,
        "DATA": json,
        "LIBRARY": library,
        "SCRIPT": script,
    }
    return _fill(_read("page.html"), parts).encode()


def describe_store(found: Findings, options: ReportOptions) -> dict[str, Any]:
    """Return everything the page shows, ready for JSON.

    The order of the calls is the order in which samples are given room for their texts.
    """
    from importlib.metadata import version

    texts = Texts(found, options)
    told = {
        "name": clean_tag(found.name),
        "version": version("tagraph"),
        "finished_at": max(run.finished_at for run in found.runs.values()),
        "funnel": describe_funnel(found, options),
        "selection": describe_selection(found, options, texts),
        "communities": describe_communities(found, texts),
        "judge": describe_judge(found, texts),
        "strengths": describe_strengths(found, texts),
        "vocabulary": describe_vocabulary(found, options),
        "tags": describe_tags(found, options, texts),
        "coverage": describe_coverage(found, options),
        "audit": describe_audit(found),
        "costs": describe_costs(found),
    }
    return told | {"samples": texts.collect()}


def _read(name: str) -> str:
    return (files("tagraph.report") / "assets" / name).read_text(encoding="utf-8")


def _hash(code: str) -> str:
    digest = hashlib.sha256(code.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _fill(page: str, parts: dict[str, str]) -> str:
    """Put each part where `{{ITS NAME}}` stands; what a part holds is not looked at again."""
    filled = []
    for piece in page.split("{{"):
        name, mark, rest = piece.partition("}}")
        filled.append(parts[name] + rest if mark else piece)
    return "".join(filled)
