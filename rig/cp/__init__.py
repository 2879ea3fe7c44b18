"""Role: the charge point, OCPP on one side and CAN on the other. Open first: `life.py`.

`logic/charge_point.py` decides; `state.py` is what outlasts a restart.
"""
