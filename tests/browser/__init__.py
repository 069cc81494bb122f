"""The pages, driven in a browser against a server that is a process of its own."""
