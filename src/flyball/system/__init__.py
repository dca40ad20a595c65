"""The foundation: signals, entities, models and outcomes as frozen values, and the clock."""
