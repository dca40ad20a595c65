"""Puts the rooms together: the embedded system and replay. The only room that picks adapters."""
