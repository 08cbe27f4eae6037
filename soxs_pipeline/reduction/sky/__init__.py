"""Sky and sources of an exposure, fitted together on the pixels as they are."""
