"""Golden texts: what every case compiles to, beside its reel."""
