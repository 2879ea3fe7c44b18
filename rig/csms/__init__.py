"""Role: the central system, its database (`store/`), its HTTP interface (`http/`) and their tools.

Open first: `central.py`, all charge points; `connected_point.py`, one; `logic/machine.py` decides.
"""
