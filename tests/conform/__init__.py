"""Films rendered through the product and read back: golden text cannot see an extra frame."""
