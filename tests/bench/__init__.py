"""Tests of the models that the benchmarks run."""
