"""Tools that only watch the bus: `rig record`."""
