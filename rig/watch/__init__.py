"""The watcher: hears the buses and OCPP, live or from a folder, and runs what `detect` decides.

`rig watch` is here; the plot uses `live.py` as well. Open first: `live.py`.
"""
