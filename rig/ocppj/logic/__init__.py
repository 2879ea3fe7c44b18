"""The decisions of a connection: pure, by the rules of `rig/__init__.py`."""
