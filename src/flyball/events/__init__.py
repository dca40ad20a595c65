"""The log, which is the only input, and the joiner, which is right about time."""
