"""What all tests share."""

from hypothesis import settings

# Examples are not timed: a busy machine would fail them, and speed is the benchmarks' affair.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
