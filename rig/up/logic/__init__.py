"""The decisions of `rig up`: pure, by the rules of `rig/__init__.py`."""
