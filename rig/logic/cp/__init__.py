"""What the charge point decides: `rig/cp.py` is its shell. The rules are those of `rig.logic`."""
