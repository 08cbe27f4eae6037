"""What holds of all tests."""

from hypothesis import settings

# The same examples every time: a failure that comes and goes helps nobody.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
