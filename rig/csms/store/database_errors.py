"""What went wrong with a database, on one line that names the fix."""

from rig.role.log import printable

# A part of what SQLite or PostgreSQL says, and what the user can do about it.
FIXES = {
    "database is locked": "end the program that holds it, or name another with --database",
    "unable to open database file": "does its directory exist, and may you write there?",
    "disk is full": "make room there",
    "disk I/O error": "is the disk full, or broken?",
    "image is malformed": "name another with --database, or restore this one",
    "file is not a database": "name another with --database",
    "readonly database": "may you write it? or name another with --database",
    "no such table": "no rig csms made it; name another with --database",
    "Connection refused": "is the server running there?",
    "No such file or directory": "is the server running there?",
    "password authentication failed": "put user and password into --database",
    "no password supplied": "put user and password into --database",
    "does not exist": "create it, or name another with --database",
}


def reason(error: Exception) -> str:
    """The first line of what the database said, and its fix if there is a known one."""
    text = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    first = printable(text.splitlines()[0])
    fix = next((fix for sign, fix in FIXES.items() if sign in text), None)
    return first if fix is None else f"{first}: {fix}"
