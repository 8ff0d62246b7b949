"""What the axes of charts say, read from their drawings."""

import json

import lxml.etree
import pandas as pd
import pytest

from districtloss.build import drawing
from districtloss.build.drawing import Drawer
from districtloss.files.cache import Cache
from districtloss.report import charts


@pytest.fixture(scope="module")
def drawer(tmp_path_factory):
    with drawing.drawer(Cache(tmp_path_factory.mktemp("drawings"), most=99)) as drawer:
        yield drawer


def ticks(drawer: Drawer, chart) -> list[str]:
    """What stands at the ticks below a chart, but for labels that are hidden for want of room."""
    drawing = lxml.etree.fromstring(drawer.drawn(json.dumps(chart.to_dict())).encode())
    axes = [g for g in drawing.iter("{*}g") if (g.get("aria-label") or "").startswith("X-axis")]
    texts = [text for axis in axes for text in axis.iter("{*}text") if text.get("opacity") != "0"]
    return ["".join(text.itertext()) for text in texts]


def cumulative(days: int):
    date = pd.date_range("1997-03-01", periods=days + 1)
    running = pd.DataFrame({"date": date, "low": 0, "point": 1, "high": 2})
    return charts.cumulative(running, pd.DataFrame({"date": date[:1], "source": "A paper"}), "midpoint")


def timelines(days: int):
    day = pd.date_range("1997-03-01", periods=days)[[0, -1]]
    changes = {"date_earliest": day, "date_latest": day, "lane": ["E1", "E2"], "to": ["taliban", "government"]}
    told = {"district": "Kaldar", "days": "", "standing": "counted", "source": "A paper", "what": "fell"}
    return charts.timelines(pd.DataFrame(changes).assign(**told))


@pytest.mark.parametrize("chart", [cumulative, timelines])
@pytest.mark.parametrize("days", [2, 5, 8, 60, 300, 301, 420, 900, 1460, 1829, 1831, 5000, 9500])
def test_no_tick_of_an_axis_of_days_says_what_another_says(drawer, chart, days):
    labels = ticks(drawer, chart(days))
    assert labels and len(set(labels)) == len(labels), labels


@pytest.mark.parametrize(("days", "label"), [(53, "16 Mar"), (850, "Jul 1997"), (9470, "2005")])
def test_an_axis_says_as_much_of_a_day_as_its_length_needs(drawer, days, label):
    assert label in ticks(drawer, cumulative(days))
