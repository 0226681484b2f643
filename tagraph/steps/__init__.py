"""Compositions of stages, one file per step key; no I/O, the world comes in as protocols."""
