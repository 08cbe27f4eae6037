"""What the detector adds, and how it is taken off."""
