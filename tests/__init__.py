"""The tests of reelc: units, golden texts, films rendered and read back."""
