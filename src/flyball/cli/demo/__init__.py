"""`flyball demo`: a simulated ad exchange, live or replayed, compared with the truth."""
