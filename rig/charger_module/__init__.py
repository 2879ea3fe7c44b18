"""Role: the simulated charger module. Open first: `__main__.py`; `logic/` decides the ramp."""
