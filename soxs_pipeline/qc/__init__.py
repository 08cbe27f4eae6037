"""What is measured of the quality."""
