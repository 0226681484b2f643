"""Measuring scripts; run by hand from the root of the project."""
