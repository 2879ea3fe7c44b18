"""The charge point in its world and the central system, for each test that names a clause."""

from tests.conformance.backend import backend as backend
from tests.conformance.clauses import world as world
