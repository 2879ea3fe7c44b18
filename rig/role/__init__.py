"""What every process of the rig has: options, log, signals, timer, readiness, control side, bench.

Imports nothing else of the rig. Open first: `run.py`, how a role begins and ends.
"""
