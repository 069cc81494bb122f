"""The studio's modules, where a browser is not needed."""
