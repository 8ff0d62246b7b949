"""Charts are drawn in a process of their own, wherever the build is called from."""

import json
import subprocess
import sys

import pytest

from districtloss.build import drawing
from districtloss.files.cache import Cache

SCRIPT = """
import sys, tempfile, pathlib
import vl_convert
vl_convert.vegalite_to_svg({"mark": "point", "data": {"values": [{}]}})
from districtloss.build.drawing import drawer
from districtloss.files.cache import Cache
if __name__ == "__main__":
    with drawer(Cache(pathlib.Path(tempfile.mkdtemp()), most=9)) as drawing:
        print(drawing.drawn('{"mark": "bar", "data": {"values": [{"a": 1}]}}'))
"""


def test_a_caller_that_draws_itself_does_not_make_the_build_wait_for_ever(tmp_path):
    script = tmp_path / "caller.py"
    script.write_text(SCRIPT, "utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<svg")


def test_a_name_that_is_cut_within_a_sign_is_drawn(tmp_path):
    """Vega cuts between the two halves of an emoji where the width asks for it, and then cannot go on."""
    spec = {"mark": {"type": "text", "text": "🙂🙂🙂🙂"}, "data": {"values": [{}]}}
    with drawing.drawer(Cache(tmp_path, most=20)) as drawer:
        for limit in range(20, 60, 4):
            spec["mark"]["limit"] = limit
            assert drawer.drawn(json.dumps(spec, ensure_ascii=False)).startswith("<svg")


def test_a_chart_is_drawn_once_and_then_taken_from_the_cache(tmp_path):
    spec = json.dumps({"mark": "point", "data": {"values": [{}]}})
    with drawing.drawer(Cache(tmp_path, most=3)) as drawer:
        drawer.ask(spec)
        drawer.ask(spec)
        drawn = drawer.drawn(spec)
    (entry,) = tmp_path.iterdir()
    assert entry.read_text("utf-8") == drawn
    entry.write_text("<svg> of before", "utf-8")
    with drawing.drawer(Cache(tmp_path, most=3)) as drawer:
        assert drawer.drawn(spec) == "<svg> of before"


def test_what_cannot_be_drawn_is_told(tmp_path):
    with drawing.drawer(Cache(tmp_path, most=3)) as drawer, pytest.raises(RuntimeError, match="cannot be drawn"):
        drawer.drawn('{"mark": "no such mark"}')
    assert not list(tmp_path.iterdir())
