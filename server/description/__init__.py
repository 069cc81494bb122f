"""The descriptions of the API and of the WebSocket."""
