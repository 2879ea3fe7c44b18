"""The decisions of the bus: pure, by the rules of `rig/__init__.py`."""
