#!/usr/bin/env bash
# Runs the host tests with the oldest or the newest releases that pyproject.toml allows, where all
# other tests run with those of scripts/constraints.txt. In a venv of its own, which goes again.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'USAGE'
usage: scripts/versions.sh lowest|newest [PYTEST-ARGUMENT...]

Installs the package with each of its direct dependencies at its lower bound, or all as new as
can be had, says which they are, and runs the host tests with them.

examples:
  scripts/versions.sh lowest tests
  scripts/versions.sh newest tests/ocppj/test_connection.py
USAGE
}

# Each direct dependency at its lower bound, as a constraint for pip. A bound that is no release is
# an error there, and so is a dependency without one here.
lower_bounds() {
    .venv/bin/python - <<'PYTHON'
import tomllib
from packaging.requirements import Requirement

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
texts = sum(project["optional-dependencies"].values(), project["dependencies"])
for wanted in map(Requirement, texts):
    if wanted.name != project["name"]:
        (lowest,) = [each.version for each in wanted.specifier if each.operator == ">="]
        print(f"{wanted.name}=={lowest}", f"; {wanted.marker}" * bool(wanted.marker))
PYTHON
}

say_which() {
    local name=$1
    echo "versions.sh: $name, with $("$venv/bin/python" --version):"
    "$venv/bin/python" -m pip list --disable-pip-version-check --format=freeze --exclude-editable |
        paste -sd ' ' | fold -s -w 100
}

case ${1-} in
    lowest | newest) name=$1 && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
esac
scripts/venv.sh test
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
# By the Python that .venv has: in a venv of a venv, python -m venv takes the one below both.
.venv/bin/python -m venv "$venv"
mkdir "$venv/share"
touch "$venv/constraints.txt"
[[ $name == newest ]] || lower_bounds >"$venv/constraints.txt"
# Wheels alone: what would have to be compiled is not to be had on a machine without a compiler.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    -c "$venv/constraints.txt" -e '.[test]'
say_which "$name"
elsewhere=''
for mark in socketcan adapters instructions postgresql thirdparty browser; do
    elsewhere+=" and not $mark"
done
"$venv/bin/pytest" -p no:cacheprovider -q --share="$venv/share" --processes=4 \
    -m "${elsewhere# and }" "$@"
