"""The CAN bus: which one is asked for, opening it, what is sent and heard, its link.

`opening.py` is the only place that opens buses, `logic/messages.py` the only one that builds
frames, and the DBC the only one that knows ids, bytes and scaling. Imports `role` alone. Open
first: `node.py`, one role on one bus.
"""
