"""What is not normal, by where it happens: pure, by the rules of `rig/__init__.py`."""
