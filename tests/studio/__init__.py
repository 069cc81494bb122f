"""Tests of the studio's modules that need no browser."""
