"""The charge point in its world, for each test that names a clause."""

from tests.conformance.clauses import world as world
