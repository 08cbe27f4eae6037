"""From electrons to flux above the atmosphere."""
