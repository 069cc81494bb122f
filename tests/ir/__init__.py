"""Tests of the render graph."""
