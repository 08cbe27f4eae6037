"""The association map: which file goes where."""
