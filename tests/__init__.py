"""The tests of reelc: units, golden texts, and films that are rendered and read back."""
