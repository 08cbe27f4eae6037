"""The recipes for PyEsoRex and PyCPL; ``plugins`` is the folder to point it at."""
