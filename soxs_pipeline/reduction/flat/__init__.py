"""What lamps tell of pixels, slit and orders."""
