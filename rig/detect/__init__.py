"""What watches the traffic and says so: pure as a whole, events and moments in, verdicts out.

Sees Start, Stop, SetLimit and Current, never ids or bytes. Open first: `watch.py`.
"""
