"""From a frame without sky to the spectrum of a source."""
