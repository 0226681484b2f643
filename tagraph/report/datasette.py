"""The file that tells Datasette what the tables of a store are, with the recipes as its queries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tagraph.schema import SEARCHED, STEP_TABLES
from tagraph.store.recipes import RECIPES

DATABASE = "tagraph"

_VIEWS: dict[str, dict[str, Any]] = {
    "v_samples": {
        "title": "Samples",
        "description": "One row per sample: what is asked and answered, tags, cluster.",
        "facets": ["cluster", "source"],
    },
    "v_tags": {
        "title": "Canonical tags",
        "description": "Tags after normalizing, their community, and what was merged into them.",
        "facets": ["community"],
        "sort_desc": "count",
    },
    "v_merges": {
        "title": "Merges",
        "description": "Every raw tag that became another, and why.",
        "facets": ["reason"],
        "sort_desc": "raw_count",
    },
    "v_communities": {
        "title": "Communities of tags",
        "description": "Groups of tags that stand together; stability 0 to 1 over other seeds.",
        "sort_desc": "n_tags",
    },
    "v_clusters": {
        "title": "Clusters of samples",
        "description": "Inside a cluster samples were compared; n_selected of them were chosen.",
        "sort_desc": "n_samples",
    },
    "v_comparisons": {
        "title": "Comparisons",
        "description": "Every pair in the order shown, and what the judge said.",
        "facets": ["outcome", "cluster"],
    },
    "v_ranking": {
        "title": "Ranking",
        "description": "Strengths with standard errors, comparable inside one cluster only.",
        "facets": ["cluster_name", "is_selected"],
    },
    "v_selection": {
        "title": "Selection",
        "description": "The chosen samples in the order chosen, each with its reason.",
        "facets": ["cluster", "rule"],
    },
    "v_judges": {
        "title": "Judge cards",
        "description": "What a run tells of each judge: rates, position, circles, with intervals.",
        "facets": ["judge"],
    },
    "v_controls": {
        "title": "Planted questions",
        "description": "Questions with a known answer, and what each judge said.",
        "facets": ["control", "winner"],
    },
    "v_flags": {
        "title": "Flags",
        "description": "Samples that seem to talk to a judge; flagged, never dropped.",
        "facets": ["flag", "is_selected"],
    },
    "v_audit": {
        "title": "Audit",
        "description": "Figures of the selection beside baselines, another policy and the pool.",
    },
    "v_withheld": {
        "title": "Withheld",
        "description": "Samples kept from the selection: excluded, or nearly a repeat of one.",
        "facets": ["rule"],
    },
    "v_batches": {
        "title": "Batches",
        "description": "Requests sent together to a paid model, and what became of them.",
        "facets": ["state", "step"],
    },
    "v_growth": {
        "title": "Growth",
        "description": "Samples, selected rows and comparisons by when they joined the pool.",
    },
    "v_costs": {
        "title": "Costs",
        "description": "Answers, tokens and dollars by step, model and day.",
        "facets": ["step", "model"],
    },
    "v_tag_reasons": {
        "title": "Reasons of tags",
        "description": "Why a paid tagger gave each raw tag.",
        "facets": ["outcome"],
    },
}
_LABELS = {"samples": "id", "tags": "tag", "raw_tags": "tag", "communities": "name"}
_LABELS |= {"clusters": "name", "judges": "key", "sources": "name"}


def describe_datasette() -> str:
    """Return `datasette.yaml`: titles, facets and labels of the tables, and the recipes.

    Datasette 0.65 takes it with `--metadata`, 1.0 with `--config`.
    """
    hidden = ["vectors", "calls", "_sqlite_migrations", *SEARCHED.values()]
    tables = {
        **_VIEWS,
        **{
            name: {"label_column": _LABELS[name]} if name in _LABELS else {}
            for names in STEP_TABLES.values()
            for name in reversed(names)
        },
        "judges": {"label_column": "key"},
        **{name: {"hidden": True} for name in hidden},
    }
    queries = {r.name: {"title": r.title, "sql": f"{r.sql.strip()}\n"} for r in RECIPES}
    whole = {
        "title": "A tagraph store",
        "description": "What was selected for fine-tuning, and why.",
        "settings": {"sql_time_limit_ms": 10_000},
        "databases": {
            DATABASE: {
                "tables": {name: facts for name, facts in tables.items() if facts},
                "queries": queries,
            }
        },
    }
    return "\n".join(_yaml(whole)) + "\n"


def _yaml(values: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Return the lines of a mapping in YAML: texts as JSON has them, longer ones as blocks."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from _yaml(value, indent + "  ")
        elif isinstance(value, str) and "\n" in value:
            yield f"{indent}{name}: |"
            yield from (f"{indent}  {line}" for line in value.splitlines())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{indent}{name}: [{', '.join(map(json.dumps, value))}]"
        else:
            yield f"{indent}{name}: {json.dumps(value)}"
