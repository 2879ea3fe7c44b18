"""Send a command of the central system to a charge point: any that OCPP 1.6 has.

It asks the HTTP interface of a running `rig csms`, which it finds by the token file. The response
is printed as one JSON line. Without a charge point it lists those that have connected.
"""

import argparse
import http.client
import json
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from textwrap import TextWrapper
from typing import Any
from urllib.parse import quote, urlsplit

from rig.csms.http.token_file import Access, read_access, token_path
from rig.csms.logic.requests import OPTIONS, REQUESTS, is_accepted, payload_of, usage_of
from rig.role.arguments import COLUMNS, Parser
from rig.role.bench import Bench, add_bench_argument, read_bench
from rig.role.entry import entry
from rig.role.errors import BadAnswer, UserError
from rig.role.logic.exits import Exit
from rig.role.streams import standard_output

EXAMPLES = """\
  rig send                                            the charge points
  rig send CP_1 SetChargingProfile --limit 16
  rig send CP_1 RemoteStartTransaction --id-tag RIG --connector 1
  rig send CP_1 RemoteStopTransaction                 the transaction that runs
  rig send CP_1 ChangeConfiguration --key HeartbeatInterval --value 60
  rig send CP_1 Reset --type Soft
  rig send CP_1 SendLocalList --json '{"listVersion": 1, "updateType": "Full"}'"""

PATIENCE = 120.0  # s; the central system gives up on a charge point, or its turn, before that
START = "start `rig csms`"
MISTAKES = (400, 401, 404, 413, 422)  # HTTP statuses that the user can put right


class HttpClient:
    """Asks the HTTP interface."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def ask(self, path: str, payload: dict[str, Any] | None = None) -> Any:
        """GET, or POST a payload; the answer. Raises UserError for a mistake, else BadAnswer."""
        status, answer = self._exchange(path, payload)
        if status == 200:
            return answer
        why = str(answer.get("detail", status)) if isinstance(answer, dict) else str(status)
        raise UserError(why) if status in MISTAKES else BadAnswer(why)

    def _exchange(self, path: str, payload: dict[str, Any] | None) -> tuple[int, Any]:
        where = urlsplit(self._access.url)
        connection = http.client.HTTPConnection(where.netloc, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self._access.token}"}
        body = None if payload is None else json.dumps(payload)
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except TimeoutError:
            raise BadAnswer(f"no answer within {PATIENCE:g} s") from None
        except OSError:
            raise UserError(f"no central system answers at {where.netloc}: {START}") from None
        except (http.client.HTTPException, ValueError):
            raise UserError(f"what answers at {where.netloc} is no `rig csms`: {START}") from None
        finally:
            connection.close()


def parser() -> Parser:
    """The options of this tool: those of the table, and where the central system is."""
    epilog = f"actions:\n{_actions()}\n\nexamples:\n{EXAMPLES}"
    parser = Parser("rig send", __doc__, epilog, "[CHARGE_POINT [ACTION [OPTION...]]]")
    parser.add_argument("charge_point", nargs="?", metavar="CHARGE_POINT")
    parser.add_argument("action", nargs="?", metavar="ACTION")
    parser.add_argument("--json", metavar="OBJECT", help="the whole payload, instead of options")
    for name, option in OPTIONS.items():
        parser.add_argument(f"--{name}", type=option.kind, metavar=option.metavar, help=option.help)
    add_bench_argument(parser)
    add = parser.add_argument
    add("--csms", metavar="URL", help="the central system (default: the bench's csms)")
    add("--token-file", type=Path, metavar="FILE", help="its token file (default: by its port)")
    return parser


def _actions() -> str:
    """All, each on as many lines of the help as it takes."""
    wrapper = TextWrapper(
        COLUMNS, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
    )
    return "\n".join(wrapper.fill(usage_of(action)) for action in REQUESTS)


def send(options: argparse.Namespace) -> None:
    """Do what the options say. Raises UserError and BadAnswer."""
    name, action = options.charge_point, options.action
    if action is not None:
        _check_action(action)
    client = HttpClient(_access(options))
    path = f"/charge-points/{quote(name or '', safe='')}"
    if name is None:
        for each in client.ask("/charge-points"):
            _say(each)
    elif action is None:
        _say(client.ask(path))
    else:
        payload = _payload(options, client, path)
        try:
            response = client.ask(f"{path}/{action}", payload)
        except BadAnswer as error:
            raise BadAnswer(f"{name} {action}: {error}") from error
        _say(response)
        if not is_accepted(response):
            raise BadAnswer(f"{name} answered {action} with {response['status']}")


def _check_action(action: str) -> None:
    if action in REQUESTS:
        return
    lower = {name.lower(): name for name in REQUESTS}
    near = [lower[name] for name in get_close_matches(action.lower(), lower)] or REQUESTS
    raise UserError(f"there is no action {action!r}; near: {', '.join(near)} (see --help)")


def _access(options: argparse.Namespace) -> Access:
    bench = read_bench(options.bench)
    url = bench.csms if options.csms is None else Bench(csms=options.csms).csms
    path: Path = options.token_file or token_path(urlsplit(url).port or 80)
    try:
        return read_access(path)
    except FileNotFoundError:
        fix = f"{START}, or name another with --csms or --token-file"
        raise UserError(f"no central system runs here ({path} is not there): {fix}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the token file {path}: {error}") from error


def _payload(options: argparse.Namespace, client: HttpClient, path: str) -> dict[str, Any]:
    given = {name: getattr(options, name.replace("-", "_")) for name in OPTIONS}
    values = {name: value for name, value in given.items() if value is not None}
    if options.json is not None:
        return _json(options.json, values)
    if "transaction" in REQUESTS[options.action].needs and "transaction" not in values:
        values["transaction"] = _running(client, path)
    try:
        return payload_of(options.action, values)
    except ValueError as error:
        raise UserError(str(error)) from error


def _json(text: str, values: dict[str, Any]) -> dict[str, Any]:
    if values:
        raise UserError(f"--json is the whole payload: leave out --{next(iter(values))}")
    try:
        payload = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UserError(f"--json is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise UserError("--json must be an object, such as '{}'")
    return payload


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is none")


def _running(client: HttpClient, path: str) -> int:
    """The id of the transaction that runs, where exactly one does."""
    running = client.ask(path).get("transactions", [])
    if len(running) != 1:
        raise UserError(f"{len(running)} transactions run: say which with --transaction ID")
    number: int = running[0]["id"]
    return number


def _say(value: Any) -> None:
    with standard_output() as output:
        output.write(f"{json.dumps(value)}\n")


@entry("rig send")
def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit status: 0 accepted, 1 rejected or failed, 2 mistaken."""
    send(parser().parse_args(argv))
    return Exit.ASKED


if __name__ == "__main__":
    raise SystemExit(main())
