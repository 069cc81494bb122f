"""Faults that are planted on purpose, and whether the tests notice them."""
