"""The decisions of the central system: pure, by the rules of `rig/__init__.py`."""
