"""The render graph: its ops, what they make, what must hold, and how it is read."""
