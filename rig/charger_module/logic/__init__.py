"""The decisions of the charger module: pure, by the rules of `rig/__init__.py`."""
