"""What a store holds, to look at: one self-contained HTML page, and figures for papers."""

from tagraph.report.options import ReportOptions
from tagraph.report.page import render_report

__all__ = ["ReportOptions", "render_report"]
