"""HTTP: the registry of operations, identity, middlewares, pages, range requests."""
