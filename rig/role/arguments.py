"""The command line of every role and tool: help that fits 80 columns, a mistake as one line."""

import argparse
import textwrap
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from rig.role.log import printable

COLUMNS = 80
ALIKE = 0.8  # of 1: what is less alike was not meant


class Help(argparse.RawDescriptionHelpFormatter):
    """As wide as this whatever COLUMNS and the terminal say."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=COLUMNS)


class Parser(argparse.ArgumentParser):
    """The options of the command `prog`; `words` are what it takes besides.

    The help ends in `epilog`, whose lines stay as they are.
    """

    def __init__(self, prog: str, description: str | None, epilog: str, words: str = "") -> None:
        super().__init__(
            prog=prog,
            usage=f"{prog} [OPTION...] {words}".rstrip(),
            description=_filled(description or ""),
            epilog=epilog,
            formatter_class=Help,
            allow_abbrev=False,  # else an option that is new one day breaks what is typed today
        )

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """As argparse, but for a word too many, which is told with the option that was meant."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(self._too_much(unknown[0]))
        return options

    def error(self, message: str) -> NoReturn:
        """One line on stderr, exit status 2."""
        self.exit(2, f"{self.prog}: {printable(message)} (see {self.prog} --help)\n")

    def _too_much(self, word: str) -> str:
        if not word.startswith("-"):
            return f"{word!r} is a word too many"
        name = word.partition("=")[0]
        near = get_close_matches(name, self._option_string_actions, cutoff=ALIKE)
        return f"there is no option {name}" + (f"; near: {', '.join(near)}" if near else "")


def seconds(text: str) -> float:
    """A duration of at least 1 ms; argparse reports anything else."""
    value = float(text)
    if not 0.001 <= value < 86400:
        raise argparse.ArgumentTypeError(f"{text} is not between 0.001 and 86400 s")
    return value


def _filled(text: str) -> str:
    """The paragraphs of a text, as wide as help is."""
    return "\n\n".join(textwrap.fill(part, COLUMNS) for part in text.split("\n\n"))
