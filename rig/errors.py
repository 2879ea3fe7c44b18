"""Mistakes of the user: one clear line on stderr that names the fix, exit status 2."""


class UserError(Exception):
    """Something that the user can put right; the text says what and how."""
