"""Where things are kept: objects in a store, each user's rows in a database of their own, and the sync between."""
