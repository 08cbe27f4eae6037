"""The pixels of an order, and how light falls on them."""
