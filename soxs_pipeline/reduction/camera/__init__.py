"""The acquisition camera: images, places and magnitudes."""
