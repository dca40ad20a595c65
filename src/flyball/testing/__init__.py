"""What users and plug-in authors test with: the simulated world, oracles, in-memory ports, a pytest plugin."""
