"""Tests of exact time."""
