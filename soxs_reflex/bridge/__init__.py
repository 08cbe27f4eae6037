"""The recipes as plugins of an EsoRex that cannot run Python itself."""
