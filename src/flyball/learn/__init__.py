"""Encoders, the coefficient table and the learners."""
