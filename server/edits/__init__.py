"""Edits: rows to the compiler's model and back, compiled, drafted."""
