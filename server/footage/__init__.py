"""Footage: its facts, the cache, previews, sending, and deleting."""
