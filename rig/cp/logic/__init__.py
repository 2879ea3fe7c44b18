"""The decisions of the charge point: pure, by the rules of `rig/__init__.py`."""
