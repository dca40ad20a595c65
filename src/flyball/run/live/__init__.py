"""The running system: supervisor, loop, and what its processes share."""
