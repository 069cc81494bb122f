"""The render graph: ops, inferred shapes, verification, and printed forms."""
