"""SocketCAN hardware-in-the-loop rig for EV charging, on six floors; an import leads down.

    score                                       plays the roles' machines, judges the detectors
    charger_module  plot_current  csms  cp      the four roles, one process each
    up  tools                                   all of them together; what watches the bus
    watch                                       hears the buses and OCPP, for detectors
    detect                                      what watches the traffic and says so
    bus  ocppj                                  the two wires: one CAN bus, one OCPP-J connection
    role                                        what every process has

Each keeps what it decides in `logic/` (`detect` as a whole is pure): values in, values out. Nothing
there reads a clock, opens a socket or a file, starts a thread or awaits anything. A state machine
offers

    receive(event, now)    react to one event; gives what to do, in order
    tick(now)              do what is due at `now`; gives what to do, in order
    wake_at: float         when `tick` is next due (s, same clock as `now`; inf = never)

and its shell does everything that one call gives before it makes the next call. What is given bit
by bit is done as it comes: a frame need not wait for what else follows from the event.
`tests/test_layers.py` enforces all of it. How to find one's way: `rig/README.md`.
"""

__version__ = "0.1.0"
