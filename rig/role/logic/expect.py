"""What a charger may do: how exact and how fast it is, and the most that it can deliver."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expect:
    """`accuracy` (A, and 3 % of the limit if that is more): what may flow above a limit. `settle`
    (s): how long more than that may still flow after Stop or a lower limit. `zero` (A): what may be
    reported while nothing flows. `max` (A): no report of more is believed. `held` (s): a
    transaction ends that gets no energy for so long, since its charger is silent, its bus is gone,
    or another sender stopped it. `resume`: a charger that was silent is started again.

    The default holds for the simulated charger with steps of 1 s: it is below 3 A 16 s after a Stop
    at 100 A. With other steps, 30 of them are a safe `settle`.
    """

    accuracy: float = 3.0
    settle: float = 30.0
    zero: float = 1.0
    max: float = 1000.0
    held: float = 300.0
    resume: bool = False
