"""How much there is to read in a JSON text, counted before it is read.

To read and to check a text costs by its values, not by its bytes: 1 µs and 400 bytes of memory for
each at worst, and `[],` is two in three bytes.
"""

import re

MOST_VALUES = 1 << 16  # in a text; 10 000 tags have 60 000, a day of 5 samples a minute 45 000
FREE_VALUES = 1 << 14  # in a text however short; they take 20 ms, and a Stop must not wait longer
DENSEST = 8  # characters for each value beyond; a tag has 14, a sample 12 to 20
USUAL = 16  # characters for each value
TOO_MANY = "too many values for its length"
STRING = re.compile(r'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)  # also one that nothing ends


def values(text: str) -> int:
    """The values and keys of a JSON text by its commas and brackets, those in its strings too."""
    return text.count(",") + text.count("[") + text.count("{")


def has_too_many(text: str) -> bool:
    """Whether a text has more values than one may have, not counting what is inside a string."""
    if len(text) <= FREE_VALUES:  # a value takes a character at least
        return False
    most = min(MOST_VALUES, max(FREE_VALUES, len(text) // DENSEST))
    if values(text) <= most:
        return False
    return values(STRING.sub("", text)) > most


def weight(text: str) -> int:
    """The length of a text in characters, or of a usual one that costs as much to read."""
    return max(len(text), USUAL * values(text))
