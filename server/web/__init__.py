"""HTTP: operations, identity, envelopes, durable answers, pages."""
