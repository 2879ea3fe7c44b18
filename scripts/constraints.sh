#!/usr/bin/env bash
# Renews scripts/constraints.txt: the newest versions that pyproject.toml allows,
# with the hash of each of their files on the index. uv finds them, in a venv of
# its own that goes again.
set -euo pipefail

if (($#)); then
    echo "usage: scripts/constraints.sh   (renews scripts/constraints.txt)"
    [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
fi
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv

# What builds the package is for all: scripts/venv.sh has pip build it with what is installed.
# hatchling needs editables for an editable one.
python3 - >"$work/build.in" <<'PYTHON'
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], "editables", sep="\n")
PYTHON
pin() {
    "$work/venv/bin/uv" pip compile --quiet --universal --fork-strategy fewest \
        --python-version 3.11 --generate-hashes \
        --no-header --no-annotate "$@" pyproject.toml "$work/build.in"
}
pin --extra test >"$work/all"
pin -c "$work/all" >"$work/base"
for extra in parquet postgresql test; do
    { echo "#[$extra]"; pin -c "$work/all" --extra "$extra"; } >"$work/$extra"
done
# Each package once, in the first group that needs it.
{
    echo "# Exact versions for .venv, and the hashes of their files. Renewed by scripts/constraints.sh."
    awk '/^[^ ]/ { keep = !seen[$1]++ } keep' "$work"/{base,parquet,postgresql,test}
} >scripts/constraints.txt
