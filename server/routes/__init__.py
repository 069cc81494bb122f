"""The HTTP operations, one module for each resource, and the WebSocket."""
