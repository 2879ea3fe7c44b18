"""The name of the command `rig` as it can be typed where this program was started."""

import os
import shlex
import shutil
import sys


def typed_name() -> str:
    """That of this very program: `rig`, `.venv/bin/rig`, or `PYTHON -m rig`."""
    script = os.path.join(os.path.dirname(sys.executable), "rig")
    found = shutil.which("rig")
    is_there = os.path.exists(script)
    return typed(
        script if is_there else None,
        sys.executable,
        os.getcwd(),
        is_on_path=is_there and found is not None and os.path.samefile(found, script),
    )


def typed(script: str | None, python: str, here: str, *, is_on_path: bool) -> str:
    """The shortest way to type what `script` starts, or `python -m rig` where there is none."""
    if is_on_path:
        return "rig"
    if script is None:
        return f"{_shorter(python, here)} -m rig"
    return _shorter(script, here)


def _shorter(path: str, here: str) -> str:
    """A path as it is or as seen from `here`, quoted for a shell."""
    relative = os.path.relpath(path, here)
    if "/" not in relative:
        relative = f"./{relative}"
    return shlex.quote(min(relative, path, key=len))
