"""Charts are drawn in a process of their own, wherever the build is called from."""

import json
import os
import subprocess
import sys
from pathlib import Path

from districtloss.build import drawing
from districtloss.build.drawing import Drawer

SCRIPT = """
import sys, tempfile, pathlib
import vl_convert
vl_convert.vegalite_to_svg({"mark": "point", "data": {"values": [{}]}})
from districtloss.build.drawing import Drawer
if __name__ == "__main__":
    with Drawer(pathlib.Path(tempfile.mkdtemp())) as drawer:
        print(drawer.drawn('{"mark": "bar", "data": {"values": [{"a": 1}]}}'))
"""


def test_a_caller_that_draws_itself_does_not_make_the_build_wait_for_ever(tmp_path):
    script = tmp_path / "caller.py"
    script.write_text(SCRIPT, "utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<svg")


def test_a_name_that_is_cut_within_a_sign_is_drawn(tmp_path):
    """Vega cuts between the two halves of an emoji where the width asks for it, and then cannot go on."""
    spec = {"mark": {"type": "text", "text": "🙂🙂🙂🙂"}, "data": {"values": [{}]}}
    with Drawer(tmp_path) as drawer:
        for limit in range(20, 60, 4):
            spec["mark"]["limit"] = limit
            assert drawer.drawn(json.dumps(spec, ensure_ascii=False)).startswith("<svg")


def test_drawings_that_were_used_last_are_kept_and_no_more_of_them_than_so_many(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(drawing, "MOST_KEPT", 3)
    specs = [json.dumps({"mark": "point", "title": f"{number}", "data": {"values": [{}]}}) for number in range(5)]
    with Drawer(tmp_path) as drawer:
        drawn = [drawer.drawn(spec) for spec in specs]
    for age, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (age, age))
    with Drawer(tmp_path) as drawer:
        for spec in specs[:2]:
            assert drawer.drawn(spec) in drawn
        drawer.drawn(json.dumps({"mark": "bar", "data": {"values": [{}]}}))
    with Drawer(tmp_path):
        left = {path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert len(left) == 3 and set(drawn[:2]) <= left
