"""A Papermill engine that runs the cells of a notebook in this process, with what is imported here already.

A kernel takes half a second to start, as much to import pandas and Altair, and as much to go away. Outputs are
those of the kernel, byte for byte, for what notebooks show and print: text, tables, charts, other rich results.
Widgets, displays that are updated later, and what programs that a cell starts print, are not covered.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import tempfile
from typing import Any

import nbformat
import pandas
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

NAME = "districtloss"
COLUMNS = 20  # that pandas prints in a notebook; imported elsewhere, it takes itself to be in a terminal


class _Results(DisplayHook):
    """Adds the value of a cell's last expression to what the cell displayed."""

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        result = {"output_type": "execute_result", "execution_count": self.prompt_count}
        assert self.shell
        self.shell.display_pub.outputs.append({"data": format_dict, "metadata": md_dict, **result})

    def finish_displayhook(self) -> None:
        pass


class _Printed(io.TextIOBase):
    """Adds what a cell prints to what it displayed: one output a stream, as nbclient joins them."""

    def __init__(self, outputs: list[Any], name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        for output in self._outputs:
            if output.get("name") == self._name:
                output["text"] += text
                return len(text)
        if text:
            self._outputs.append({"output_type": "stream", "name": self._name, "text": text})
        return len(text)


class _ZmqlessShell(InteractiveShell):
    """IPython without a terminal, which collects what a cell leaves.

    pandas fits what it prints to a terminal, unless it finds "zmq" in the name of the shell's class.
    """

    displayhook_class = _Results
    display_pub_class = CapturingDisplayPublisher

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        error = {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)}
        self.display_pub.outputs.append(error)

    def init_io(self) -> None:
        """Leave the streams as they are."""


class InProcess(Engine):
    """Runs cells in order until one fails. Papermill makes an error of the failure, with the cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Run the cells of `nb_man.nb` and leave their outputs in it; settings that are about kernels count for
        nothing. Raises KeyboardInterrupt if a cell was interrupted, NotImplementedError for a display that is updated.
        """
        pandas.set_option("display.max_columns", COLUMNS)
        # Without a history there is no database to open and no thread to write it; what IPython keeps of a user's
        # settings is not read, as results must not depend on it.
        with tempfile.TemporaryDirectory() as folder:
            shell = _ZmqlessShell.instance(ipython_dir=folder, config=Config({"HistoryManager": {"enabled": False}}))
            try:
                for index, cell in enumerate(nb_man.nb.cells):
                    nb_man.cell_start(cell, index)
                    failed = cell.cell_type == "code" and cell.source.strip() and not _run(shell, cell)
                    if failed:
                        nb_man.cell_exception(cell, index)
                    nb_man.cell_complete(cell, index)
                    if failed:
                        break
            finally:
                _ZmqlessShell.clear_instance()


def _run(shell: _ZmqlessShell, cell: Any) -> bool:
    """Run one cell; return whether it went well."""
    outputs = shell.display_pub.outputs
    outputs.clear()
    cell.execution_count = shell.execution_count
    with (
        contextlib.redirect_stdout(_Printed(outputs, "stdout")),
        contextlib.redirect_stderr(_Printed(outputs, "stderr")),
    ):
        outcome = shell.run_cell(cell.source, store_history=True)
    cell.outputs = [_output(**content) for content in outputs]
    if isinstance(outcome.error_in_exec, KeyboardInterrupt):
        raise outcome.error_in_exec
    return bool(outcome.success)


def _output(output_type: str = "display_data", transient: Any = None, update: bool = False, **content: Any) -> Any:
    """Return an output as a notebook holds it, with bytes in base64, as kernels send them."""
    if update:
        raise NotImplementedError("a display that is updated later needs a kernel: use --kernel")
    if content.get("metadata", {}) is None:
        content["metadata"] = {}
    plain = json.loads(json.dumps(content, default=lambda image: base64.b64encode(image).decode("ascii")))
    return nbformat.from_dict({"output_type": output_type, **plain})


papermill_engines.register(NAME, InProcess)
