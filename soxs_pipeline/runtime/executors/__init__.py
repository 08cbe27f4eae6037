"""Ways to run jobs."""
