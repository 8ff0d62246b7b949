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
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

import nbformat
import pandas
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

NAME = "districtloss"
COLUMNS = 20  # that pandas prints in a notebook; imported elsewhere, it takes itself to be in a terminal


class _Results(DisplayHook):
    """Adds the value of a cell's last expression to the cell's outputs."""

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        if format_dict and self.shell:
            self.shell.add(
                "execute_result", data=plain(format_dict), metadata=md_dict, execution_count=self.prompt_count
            )

    def finish_displayhook(self) -> None:
        pass

    def flush(self) -> None:
        """Forget nothing: the shell calls this when it ends, and a search for garbage would take as long as a cell."""


class _Displays(DisplayPublisher):
    """Adds what a cell displays to the cell's outputs."""

    def publish(self, data: Any, metadata: Any = None, source: Any = None, *, update: bool = False, **_: Any) -> None:
        if update:
            raise NotImplementedError("a display that is updated later needs a kernel: use --kernel")
        self.shell.add("display_data", data=plain(data), metadata=metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.collected.clear()


class _Printed(io.TextIOBase):
    """Adds what a cell prints to the cell's outputs: one output a stream, as nbclient joins them."""

    def __init__(self, shell: _ZmqlessShell, name: str) -> None:
        self.shell, self.name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        for output in self.shell.collected:
            if output.output_type == "stream" and output.name == self.name:
                output.text += text
                return len(text)
        if text:
            self.shell.add("stream", name=self.name, text=text)
        return len(text)


class _ZmqlessShell(InteractiveShell):
    """IPython without a terminal: what a cell leaves is collected as the outputs of a notebook.

    pandas fits what it prints to a terminal, unless it finds "zmq" in the name of the shell's class.
    """

    displayhook_class = _Results
    display_pub_class = _Displays

    def __init__(self, **settings: Any) -> None:
        self.collected: list[Any] = []
        super().__init__(**settings)

    def add(self, kind: str, **content: Any) -> None:
        self.collected.append(nbformat.from_dict({"output_type": kind, **content}))

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.add("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb))

    def init_io(self) -> None:
        pass

    def enable_gui(self, gui: object = None) -> None:
        pass


def plain(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return a MIME bundle as JSON holds it: bytes in base64."""
    held = {
        kind: base64.b64encode(content).decode("ascii") if isinstance(content, bytes) else content
        for kind, content in bundle.items()
    }
    return dict(json.loads(json.dumps(held)))


class InProcess(Engine):
    """Runs cells in order until one fails. Papermill makes an error of the failure, with the cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Run the cells of `nb_man.nb` and leave their outputs in it; settings that are about kernels count for
        nothing. Raises KeyboardInterrupt if a cell was interrupted."""
        pandas.set_option("display.max_columns", COLUMNS)
        # Without a history there is no database to open and no thread to write it; what IPython keeps of a user's
        # settings is not read, as results must not depend on it.
        with tempfile.TemporaryDirectory() as folder:
            shell = _ZmqlessShell(ipython_dir=folder, config=Config({"HistoryManager": {"enabled": False}}))
            InteractiveShell._instance = shell  # type: ignore[assignment]  # what get_ipython() finds
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
                InteractiveShell._instance = None
                shell.reset(new_session=False)


def _run(shell: _ZmqlessShell, cell: Any) -> bool:
    """Run one cell; return whether it went well."""
    shell.collected = []
    cell.execution_count = shell.execution_count
    with (
        contextlib.redirect_stdout(_Printed(shell, "stdout")),
        contextlib.redirect_stderr(_Printed(shell, "stderr")),
    ):
        outcome = shell.run_cell(cell.source, store_history=True)
        sys.stdout.flush()
    cell.outputs = shell.collected
    if isinstance(outcome.error_in_exec, KeyboardInterrupt):
        raise outcome.error_in_exec
    return bool(outcome.success)


papermill_engines.register(NAME, InProcess)
