"""The decisions of what every process has: pure, by the rules of `rig/__init__.py`."""
