"""A slow, plain definition of an edit's film, in exact rationals; it shares no code with the compiler."""
