"""What the roles decide: values in, values out.

Nothing here reads a clock, opens a socket or a file, starts a thread or awaits anything:
`tests/test_layers.py` enforces it. A state machine offers

    receive(event, now)    react to one event; gives what to do, in order
    tick(now)              do what is due at `now`; gives what to do, in order
    wake_at: float         when `tick` is next due (s, same clock as `now`; inf = never)

and its shell does everything that one call gives before it makes the next call. What is given bit
by bit is done as it comes: a frame need not wait for what else follows from the event.
"""
