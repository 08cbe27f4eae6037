"""Orders, exposures and arms on one grid."""
