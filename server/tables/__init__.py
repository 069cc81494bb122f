"""The rows of a user's database, a module a table."""
