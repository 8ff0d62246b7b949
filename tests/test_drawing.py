"""Charts are drawn in a process of their own, wherever the build is called from."""

import subprocess
import sys

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
