"""What the watcher writes and reads: pure, by the rules of `rig/__init__.py`."""
