"""Exports: accepted, queued, prepared, rendered, finished."""
