"""The life of an export: accepted, prepared, queued, rendered, finished, waited for."""
