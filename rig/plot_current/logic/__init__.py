"""The decisions of the plot: pure, by the rules of `rig/__init__.py`."""
