"""What the start of `rig up` ends in: where to look, how to steer, how to stop."""

import shlex

from rig.up.logic.lineup import Wish, reachable

COMMAND = "SetChargingProfile --limit 16"  # taken at any moment, and seen in the plot


def hints(program: str, wish: Wish, shown: str) -> list[str]:
    """The lines. `program`: as it can be typed; `shown`: where the plot is, if there is one."""
    look = [f"look:  {shown}"] if shown else []
    by_itself = "" if wish.duration is None else f", or by itself after {wish.duration:g} s"
    return [*look, *_steer(program, wish), f"stop:  Ctrl-C{by_itself}"]


def _steer(program: str, wish: Wish) -> list[str]:
    """Nothing where our central system is not there, or not to be asked."""
    if "csms" in wish.without or wish.given.get("--http") == "none":
        return []
    words = [program, "send", *map(shlex.quote, _where(wish))]
    if "cp" not in wish.without:  # else its id is known when it connects: `rig send` lists them
        words += [shlex.quote(wish.charge_point), COMMAND]
    return [f"steer: {' '.join(words)}"]


def _where(wish: Wish) -> list[str]:
    """The options with which `rig send` finds the central system."""
    if token_file := wish.given.get("--token-file"):
        return ["--token-file", token_file]
    if listen := wish.given.get("--listen"):
        return ["--csms", reachable(listen)]
    return list(wish.bench)
