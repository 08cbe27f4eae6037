"""One codec for each domain type."""
