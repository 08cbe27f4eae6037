"""One module for each domain type: the object to FITS and back."""
