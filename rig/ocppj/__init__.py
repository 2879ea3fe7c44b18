"""One OCPP-J 1.6 connection: framing, schemas, CALLs and their answers, pace, recording.

Imports `role` alone; knows neither end. Open first: `peer.py`, one end of a connection.
"""
