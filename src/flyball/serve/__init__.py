"""The request path: typing, deadlines, answers, limits."""
