"""Charts are drawn in a process of their own, wherever the build is called from."""

import json
import subprocess
import sys

from districtloss.drawing import Drawer

SCRIPT = """
import sys, tempfile, pathlib
import vl_convert
vl_convert.vegalite_to_svg({"mark": "point", "data": {"values": [{}]}})
from districtloss.drawing import Drawer
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
