"""The DBC of a bench, read: the only place that knows frame ids, bytes and scaling."""

from pathlib import Path

from cantools.database.can import Database

from rig.bus.logic.messages import Codec, DbcError
from rig.role.bench import Bench
from rig.role.errors import UserError


def shipped_dbc() -> Path:
    """`dbc/ev_charging.dbc`, as the wheel carries it or as it lies in a clone."""
    package = Path(__file__).parents[1]
    inside = package / "dbc" / "ev_charging.dbc"
    return inside if inside.exists() else package.parent / "dbc" / "ev_charging.dbc"


def read_codec(bench: Bench) -> Codec:
    """The codec of the bench's DBC. Raises UserError if it does not load or lacks our messages."""
    path = Path(bench.dbc) if bench.dbc else shipped_dbc()
    database = Database()
    try:
        database.add_dbc_file(str(path), encoding="cp1252")
    except OSError as error:
        raise UserError(f"cannot read the DBC {path}: {error.strerror}") from error
    except Exception as error:  # textparser and cantools raise several unrelated classes
        raise UserError(f"the DBC {path} does not load: {str(error).splitlines()[0]}") from error
    try:
        return Codec(database)
    except DbcError as error:
        raise UserError(f"the DBC {path} is not the rig's: {error}") from error
