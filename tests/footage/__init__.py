"""Test footage: sources that can be read back to the frame and the click, and the readers that do it."""
