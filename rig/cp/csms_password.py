"""The password of a charge point at its CSMS, from where `ps` does not show it to everybody.

HTTP basic authentication; the user is the id of the charge point (OCPP-J 1.6, 6.2).
"""

import argparse
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from rig.role.errors import UserError
from rig.role.private import check_file

ENVIRONMENT = "RIG_CSMS_PASSWORD"


def add_password_option(parser: argparse.ArgumentParser) -> None:
    """`--csms-password-file FILE` of the charge point."""
    parser.add_argument(
        "--csms-password-file",
        type=Path,
        metavar="FILE",
        help=f"its password at the CSMS (or in the environment, {ENVIRONMENT})",
    )


def with_password(address: str, charge_point: str, file: Path | None) -> str:
    """The address with the id and the password in it, if there is one. Raises UserError."""
    password = os.environ.get(ENVIRONMENT) if file is None else _read(file)
    if not password:
        return address
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise UserError(f"the address has a password already: leave it out of {parts.scheme}://...")
    user = f"{quote(charge_point, safe='')}:{quote(password, safe='')}"
    return parts._replace(netloc=f"{user}@{parts.netloc}").geturl()


def _read(file: Path) -> str:
    try:
        check_file(str(file))
        password = file.read_text().rstrip("\r\n")
    except OSError as error:
        raise UserError(f"cannot read the password file {file}: {error.strerror}") from error
    except ValueError:  # which shows a part of it
        raise UserError(f"the password file {file} is no text in UTF-8") from None
    if not password or not password.isprintable():
        raise UserError(f"the password file {file} must hold one line, the password")
    return password
