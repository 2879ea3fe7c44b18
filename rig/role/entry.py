"""How each role and tool begins and ends, whatever happens in between."""

import functools
import signal
import traceback
from collections.abc import Callable
from typing import ParamSpec

from rig.role.errors import BadAnswer, UserError
from rig.role.log import printable
from rig.role.logic.exits import Exit
from rig.role.streams import hear_out, open_missing, say, standard_output

P = ParamSpec("P")


def entry(program: str) -> Callable[[Callable[P, int]], Callable[P, int]]:
    """Decorates the `main` of `program`, such as `rig cp`: it returns an Exit whatever happens.

    A mistake of the user or a bad answer is one line on stderr.
    """

    def decorate(main: Callable[P, int]) -> Callable[P, int]:
        @functools.wraps(main)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> int:
            open_missing()
            try:
                status = _returned(functools.partial(main, *args, **kwargs))
                with standard_output():  # what argparse printed is written only now
                    return status
            except UserError as error:
                say(f"{program}: {printable(str(error))}")
                return Exit.YOURS
            except BadAnswer as error:
                say(f"{program}: {printable(str(error))}")
                return Exit.BAD_ANSWER
            except KeyboardInterrupt:  # a role takes Ctrl-C itself as soon as it has anything open
                return 128 + signal.SIGINT
            except Exception:
                say(f"{program}: a defect of the rig, please report it\n{traceback.format_exc()}")
                return Exit.DEFECT
            finally:
                hear_out()

        return guarded

    return decorate


def _returned(main: Callable[[], int]) -> int:
    """Its status; argparse ends with one of its own."""
    try:
        return main()
    except SystemExit as end:
        return int(end.code or Exit.ASKED)
