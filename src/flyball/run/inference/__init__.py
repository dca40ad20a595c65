"""What `flyball init` finds out about a file: types, the label, delays, leaks; and the system that it drafts."""
