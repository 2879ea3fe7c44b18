"""File descriptors: one for each connection, and the usual limit for a process is 1024."""

import logging
import resource


def allow_descriptors(needed: int, log: logging.Logger) -> None:
    """Raise this process's limit to what is needed, as far as the system lets it; else say so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < needed:
        log.warning("%d files may be open, %d could be needed: see ulimit -Hn", allowed, needed)
