"""A decision is flipped in data alone, and every one of them can be."""

import pandas as pd
import pytest

from districtloss.errors import Faults
from districtloss.tables import decisions
from helpers import real

ALTERNATIVES = [(d, o) for d, options in decisions.choices(real.tables().decisions).items() for o in options[1:]]


def cells(tables, table):
    frame = getattr(tables, table)
    return frame.set_index(frame.columns[0]).astype(object).map(lambda cell: "" if pd.isna(cell) else str(cell))


@pytest.mark.parametrize(("decision", "option"), ALTERNATIVES)
def test_each_alternative_changes_the_cells_it_names_and_no_other(decision, option):
    before, after = real.tables(), decisions.apply(real.tables(), {decision: option})
    named = before.options[(before.options["decision_id"] == decision) & (before.options["option"] == option)]
    assert len(named) > 0
    for table in ("events", "claims"):
        difference = (cells(before, table) != cells(after, table)).stack()
        changed = set(difference[difference].index)
        wanted = named[named["table"] == table]
        assert changed <= set(zip(wanted["row_id"], wanted["column"], strict=True))
    assert any((cells(before, t) != cells(after, t)).any(axis=None) for t in ("events", "claims"))


def test_the_chosen_option_changes_nothing():
    chosen = {d: options[0] for d, options in decisions.choices(real.tables().decisions).items()}
    after = decisions.apply(real.tables(), chosen)
    assert (cells(real.tables(), "events") == cells(after, "events")).all(axis=None)


def test_unknown_decisions_and_options_are_named_with_what_there_is():
    with pytest.raises(Faults) as found:
        decisions.apply(real.tables(), {"D99": "x", "D04": "perhaps"})
    lines = [str(f) for f in found.value.faults]
    assert any("D99" in line and "no such decision" in line for line in lines)
    assert any("D04" in line and "not_counted, counted" in line for line in lines)


def test_the_register_says_which_rows_each_decision_touches():
    tables = real.tables()
    for decision in tables.decisions.itertuples(index=False):
        rows = set(tables.options.loc[tables.options["decision_id"] == decision.decision_id, "row_id"])
        assert rows <= set(decision.touches.split("|")), decision.decision_id
