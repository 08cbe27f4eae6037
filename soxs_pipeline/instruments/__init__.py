"""Facts of an instrument, no algorithm."""
