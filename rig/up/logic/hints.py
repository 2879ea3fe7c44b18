"""What the start of `rig up` ends in: where to look, how to steer, how to stop."""

import shlex

from rig.up.logic.launch_plan import UpOptions, reachable

COMMAND = "SetChargingProfile --limit 16"  # taken at any moment, and seen in the plot


def hints(program: str, request: UpOptions, shown: str) -> list[str]:
    """The lines. `program`: as it can be typed; `shown`: where the plot is, if there is one."""
    look = [f"look:  {shown}"] if shown else []
    by_itself = "" if request.duration is None else f", or by itself after {request.duration:g} s"
    return [*look, *_steer(program, request), f"stop:  Ctrl-C{by_itself}"]


def _steer(program: str, request: UpOptions) -> list[str]:
    """Nothing where our central system is not there, or not to be asked."""
    if "csms" in request.without or request.given.get("--http") == "none":
        return []
    words = [program, "send", *map(shlex.quote, _where(request))]
    if "cp" not in request.without:  # else its id is known when it connects: `rig send` lists them
        words += [shlex.quote(request.charge_point), COMMAND]
    return [f"steer: {' '.join(words)}"]


def _where(request: UpOptions) -> list[str]:
    """The options with which `rig send` finds the central system."""
    if token_file := request.given.get("--token-file"):
        return ["--token-file", token_file]
    if listen := request.given.get("--listen"):
        return ["--csms", reachable(listen)]
    return list(request.bench)
