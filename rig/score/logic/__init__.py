"""Sessions, labels and figures: pure, by the rules of `rig/__init__.py`."""
