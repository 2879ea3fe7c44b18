"""The id of a charge point, the last part of the address that it connects to.

Source: OCPP-J 1.6, 3.1.1; 48 characters as in the security extension, edition 3.
"""

import unicodedata

LENGTH = 48  # characters


def normal_form(text: str) -> str:
    """The one form of its characters: an e with an accent is one character, however it was sent."""
    return unicodedata.normalize("NFC", text)


def read_id(text: str) -> str:
    """The id in its normal form. Raises ValueError, whose text says why it is none."""
    name = normal_form(text)
    if name in ("", ".", ".."):
        raise ValueError("it names none")
    if not name.isprintable():
        raise ValueError("it has characters that cannot be printed")
    if name != name.strip():
        raise ValueError("it has a blank at an end")
    if len(name) > LENGTH:
        raise ValueError(f"it has more than {LENGTH} characters")
    return name
