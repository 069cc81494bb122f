"""Footage: facts, the cache, previews, sending, sweeping."""
