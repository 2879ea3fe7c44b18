"""What the central system decides: `rig/csms.py` is its shell. Rules: those of `rig.logic`."""
