"""Takes secrets out of what a log or a recording gets: the one place that knows them.

A secret is the value of the key AuthorizationKey (security white paper, A01.FR.09) and the password
in a URL, as GetDiagnostics and UpdateFirmware carry them.
"""

import json
import re
from typing import Any

from rig.role.logic.values import TOO_MANY, has_too_many

HIDDEN = "***"
SECRET_KEYS = frozenset({"authorizationkey"})  # keys have no case: CiString50Type
SHORTEST = min(map(len, SECRET_KEYS))  # characters; none folds to several of those of a key
USER = re.compile(r"(:(?:\\?/){2})[^/?#\s\"\\]*@")  # also where JSON escapes the slashes

CUT = re.compile(r":(?:\\?/){2}[^/?#\s\"\\]*$")


def is_secret(key: object) -> bool:
    """Whether the value of this configuration key is nobody's business."""
    return isinstance(key, str) and key.casefold() in SECRET_KEYS


def may_tell(text: str) -> bool:
    """Whether a text names a secret and goes on: it may well hold it (DataTransfer, CALLERROR)."""
    return _names_secret(text) and not is_secret(text)


def hide_reason(text: str, request: Any) -> str:
    """What a peer says of a request that it refuses; it may hold what the request held."""
    if is_secret(getattr(request, "key", None)) or may_tell(text):
        return HIDDEN
    return hide_passwords(text)


def hide_passwords(text: str) -> str:
    """The text with `***@` for the user and password of each URL in it."""
    return USER.sub(rf"\1{HIDDEN}@", text) if "@" in text else text


def beginning(text: str, length: int) -> str:
    """So many characters of a text at most, less the user and password of a URL that is cut."""
    return text if len(text) <= length else CUT.sub("", text[:length])


def hide(text: str) -> str:
    """An OCPP-J text without its secrets. One that is not JSON but names a secret is left out, and
    so is one that has too many values to look at."""
    if has_too_many(text):
        return f"({len(text)} characters, {TOO_MANY})"
    if _may_hold_secret(text):
        text = _hidden(text)
    return hide_passwords(text)


def _may_hold_secret(text: str) -> bool:
    """Whether a closer look is needed: a name may be spelled with escapes."""
    return "\\u" in text or _names_secret(text)


def _names_secret(text: str) -> bool:
    if len(text) < SHORTEST:  # as nearly all are
        return False
    folded = text.casefold()
    return any(key in folded for key in SECRET_KEYS)


def _hidden(text: str) -> str:
    try:
        parts = _cleaned(json.loads(text, object_pairs_hook=_without_secret))
    except (ValueError, RecursionError):
        return f"({len(text)} characters that name a secret)" if _names_secret(text) else text
    return json.dumps(parts, separators=(",", ":"))


def _without_secret(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, before one of two pairs with the same name is lost."""
    if any(is_secret(value) for _, value in pairs):
        return {name: HIDDEN if name.casefold() == "value" else value for name, value in pairs}
    return dict(pairs)


def _cleaned(value: Any) -> Any:
    """A value without the texts that may tell a secret."""
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return HIDDEN if isinstance(value, str) and may_tell(value) else value
