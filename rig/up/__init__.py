"""`rig up`: the roles together, shown and ended together. Open first: `__main__.py`."""
