"""Sources on the slit: where they run and how wide they are."""
