"""What the roles decide: values in, values out.

Nothing here reads a clock, opens a socket or a file, starts a thread or awaits anything:
`tests/test_layers.py` enforces it. A state machine offers

    receive(event, now) -> list     react to one event; return what to do
    tick(now) -> list               do what is due at `now`; return what to do
    wake_at: float                  when `tick` is next due (s, same clock as `now`; inf = never)

and its shell does everything that one call returned before it makes the next call.
"""
