"""The tables that compare flyball with others, and with itself; `python -m benchmarks` prints them."""
