"""flyball manages the life of machine-learned predictions: serves, joins, learns, watches."""
