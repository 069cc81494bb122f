"""The server: stores edits and renders them. A save is acknowledged only when it is durable."""
