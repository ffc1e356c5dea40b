"""What the product knows, in the standard library alone: no I/O, no clock, no randomness."""
