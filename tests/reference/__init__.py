"""A slow, plain reading of what an edit means, in exact rationals; it shares no code with the compiler."""
