"""SocketCAN hardware-in-the-loop rig for EV charging.

The four roles are `csms`, `cp`, `charger_module` and `plot_current`, one file and one process
each; `up` starts them together and `record` keeps what they said. What a role decides is a pure
state machine in `logic/`; `port` is the only way to the CAN bus, `peer` the only way to OCPP.
"""

__version__ = "0.1.0"
