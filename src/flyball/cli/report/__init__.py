"""The report of a replay as one HTML file that opens anywhere, without a network."""

from flyball.cli.report.page import render

__all__ = ["render"]
