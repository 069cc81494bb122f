"""The pages, driven in a browser against a server in its own process."""
