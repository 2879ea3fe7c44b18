"""`python -m rig` is the same as the command `rig`."""

from rig.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
