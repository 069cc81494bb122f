"""Machine-readable descriptions of the HTTP API and of the WebSocket."""
