"""Cycles for tests, as files for `rig csms --cycle`."""

from pathlib import Path


def hold(folder: Path, limit: int = 16) -> str:
    """Sets a limit (A), starts, and leaves it at that."""
    file = folder / "hold.toml"
    file.write_text(f'steps = [{{ do = "SetLimit", limit = {limit} }}, {{ do = "Start" }}]\n')
    return str(file)


def seed_in_half_the_time(folder: Path) -> str:
    """What the seed's cycle does, each 4 s."""
    file = folder / "seed_in_half_the_time.toml"
    file.write_text("""repeat = true
steps = [
    { do = "SetLimit", limit = 0, wait = 0.5 },
    { do = "SetLimit", limit = 100, wait = 0.5 },
    { do = "Start", wait = 2 },
    { do = "Stop", wait = 1 },
]
""")
    return str(file)


def start_and_stop(folder: Path) -> str:
    """Start, 1 s, Stop, 1 s, for ever."""
    file = folder / "start_and_stop.toml"
    file.write_text(
        'repeat = true\nsteps = [{ do = "Start", wait = 1 }, { do = "Stop", wait = 1 }]\n'
    )
    return str(file)
