"""The project's own data, read once for the tests that hold the report's numbers to work done by hand."""

from functools import cache

from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.paths import DATA
from districtloss.tables.frames import Tables
from districtloss.tables.reading import read_tables


@cache
def tables() -> Tables:
    return read_tables(DATA)


def study(**settings) -> Study:
    """Return the study of the real data; settings as fields of Parameters."""
    return Study.of(tables(), Parameters(**settings))
