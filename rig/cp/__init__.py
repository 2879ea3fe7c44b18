"""Role: the charge point, OCPP on one side and CAN on the other. Open first: `life.py`.

`logic/bridge.py` decides; `state.py` is what outlasts a restart.
"""
