"""The HTTP interface, by which `rig send` and other programs steer. Open first: `service.py`."""
