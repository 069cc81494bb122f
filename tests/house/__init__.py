"""Tests that watch the house itself."""
