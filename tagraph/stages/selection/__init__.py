"""Strengths and clusters to k chosen samples: policies, constraints, reasons."""

from tagraph.stages.selection.choose import choose, describe, select_samples, take
from tagraph.stages.selection.constraints import FREE, Constraints
from tagraph.stages.selection.evidence import Evidence
from tagraph.stages.selection.length_control import LengthControl, control_length
from tagraph.stages.selection.membership import chance_of_place
from tagraph.stages.selection.options import (
    BASELINES,
    POLICIES,
    QUOTA_POLICIES,
    SelectionOptions,
    needs_strengths,
)
from tagraph.stages.selection.orders import Order
from tagraph.stages.selection.quotas import cluster_quotas
from tagraph.stages.selection.reasons import Labels, explain_selection

__all__ = [
    "BASELINES",
    "FREE",
    "POLICIES",
    "QUOTA_POLICIES",
    "Constraints",
    "Evidence",
    "Labels",
    "LengthControl",
    "Order",
    "SelectionOptions",
    "chance_of_place",
    "choose",
    "cluster_quotas",
    "control_length",
    "describe",
    "explain_selection",
    "needs_strengths",
    "select_samples",
    "take",
]
