"""The server: it holds the edit and renders it. Saves are acknowledged only when they are durable."""
