"""Tests of the compiler's entry points."""
