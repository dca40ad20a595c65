"""Progressive validation: every prediction scored before it is learned from."""
