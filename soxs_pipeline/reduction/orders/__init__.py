"""Where the orders run, and what lies between them."""
