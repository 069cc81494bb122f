"""Object stores, one database for each user, and the synchronisation between the two."""
