"""Films rendered by reelc and read back: golden texts cannot reveal an extra frame."""
