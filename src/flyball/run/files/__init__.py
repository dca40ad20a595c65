"""Files of any kind, read as typed columns: what cannot be read is refused and counted, row by row."""
