#!/usr/bin/env bash
# The benchmark: the rig against bare programs, in one table. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/venv.sh test
exec .venv/bin/python -m scripts.bench "$@"
