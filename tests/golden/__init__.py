"""Golden texts: the compiled form of every case, beside its reel."""
