"""Measures the builds, and the table work beside polars and duckdb, and writes the tables of benchmarks/README.md.

    python benchmarks/run.py [--rounds 5] [--sizes 10000,100000,1000000] [--write]

Everything is run in turn, round after round, so that a machine that gets slower slows all of it; quoted are medians,
and ratios within a round. What is not here (Quarto, polars, duckdb) is left out and said.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import synthetic

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
README = HERE / "README.md"

PARTS = (
    "analysis",
    "data",
    "chapters",
    "_quarto.yml",
    "index.qmd",
    "CITATION.cff",
    "CHANGELOG.md",
    "requirements.lock",
)
STEPS = ("Checking the data", "Running the notebooks", "Writing tables, numbers and charts",
         "Rendering HTML and PDF with Pandoc")  # fmt: skip
Measured = tuple[float, float, str]  # seconds of the clock, seconds of all processors, what it said


class Project:
    """A copy of the project, built into a folder beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.out = folder / "out"
        self.folder.mkdir()
        for name in PARTS:
            source, target = ROOT / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(source, target)

    def run(self, *command: str, cwd: Path | None = None) -> Measured:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(self.folder / "analysis"), *sys.path[1:]])}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start compiles the package, which users see once
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd or self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = []
        assert process.stdout
        for line in process.stdout:
            said.append(f"{time.perf_counter() - start:.3f} {line.rstrip()}")
        if process.wait():
            raise SystemExit("\n".join(said))
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "\n".join(said)

    def build(self, *options: str) -> Measured:
        command = [sys.executable, "-m", "districtloss", "build", "--output", str(self.out)]
        return self.run(*command, *(options or ("--renderer", "pandoc")))

    def change(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text("utf-8")
        if old not in text:
            old, new = new, old
        path.write_text(text.replace(old, new, 1), "utf-8")


def builds(project: Project, folder: Path) -> dict[str, Callable[[], Measured]]:
    """What is measured of builds, in an order in which each finds the state that it is about."""

    def cold() -> Measured:
        shutil.rmtree(project.folder / "build", ignore_errors=True)
        shutil.rmtree(project.out, ignore_errors=True)
        return project.build()

    def prose(*options: str) -> Measured:
        project.change("chapters/methods.qmd", "the", "thE")
        return project.build(*options)

    def row() -> Measured:
        project.change("data/events.csv", "begin their final withdrawal", "begin to withdraw")
        return project.build()

    def papermill() -> Measured:
        work = folder / "papermill"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        shutil.copytree(project.folder / "data", work / "data")
        runs = []
        for book in sorted((project.folder / "analysis/notebooks").glob("*.ipynb")):
            command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(book), book.name]
            runs.append(project.run(*command, cwd=work))
        return sum(r[0] for r in runs), sum(r[1] for r in runs), ""

    found = {
        "`districtloss --help`": lambda: project.run(sys.executable, "-m", "districtloss", "--help"),
        "build, nothing kept from before": cold,
        "build, nothing changed": project.build,
        "build, prose changed": prose,
        "build, one row of data changed": row,
        "build, forced": lambda: project.build("--renderer", "pandoc", "--force"),
        "build, forced, in Jupyter kernels": lambda: project.build("--renderer", "pandoc", "--kernel"),
        "the notebooks alone, by Papermill's command line, one after the other": papermill,
    }
    if shutil.which("quarto"):
        found["build, prose changed, rendered by Quarto"] = lambda: prose("--renderer", "quarto")
    return found


def middle(values: list[float]) -> float:
    return statistics.median(values)


def table(headers: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(headers) + " |", "|" + "---|" + "---:|" * (len(headers) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def measure_builds(rounds: int, folder: Path) -> tuple[str, str]:
    project = Project(folder)
    tasks = builds(project, folder)
    seen: dict[str, list[Measured]] = {name: [] for name in tasks}
    for number in range(rounds):
        for name, task in tasks.items():
            seen[name].append(task())
            print(f"round {number + 1}: {name}: {seen[name][-1][0]:.2f} s", file=sys.stderr, flush=True)
    base = "build, forced"
    rows = []
    for name, runs in seen.items():
        ratio = middle([run[1] / other[1] for run, other in zip(runs, seen[base], strict=True)])
        walls, cpus = [r[0] for r in runs], [r[1] for r in runs]
        rows.append([name, f"{middle(walls):.2f}", f"{min(walls):.2f}", f"{middle(cpus):.2f}", f"{ratio:.2f}"])
    whole = table(["what", "seconds", "the quickest", "processor seconds", "ratio of these to a forced build"], rows)
    return whole, profile([run[2] for run in seen[base]], [run[0] for run in seen[base]])


def profile(logs: list[str], walls: list[float]) -> str:
    """Where a forced build spends its time, by what it says as it goes."""
    steps: dict[str, list[float]] = {}
    for log, wall in zip(logs, walls, strict=True):
        told = [line.partition(" ")[::2] for line in log.splitlines()]
        told = [(float(at), what) for at, what in told if what in STEPS]
        for (begin, what), (end, _) in zip([(0.0, "Start, keys"), *told], [*told, (wall, "")], strict=True):
            steps.setdefault(what, []).append(end - begin)
    return table(["step of a forced build", "seconds"], [[what, f"{middle(t):.2f}"] for what, t in steps.items()])


def measure_tables(rounds: int, sizes: list[int], folder: Path) -> str:
    libraries = ["districtloss", *(name for name in ("polars", "duckdb") if importlib.util.find_spec(name))]
    rows = []
    for size in sizes:
        data = synthetic.write(folder / f"rows-{size}", size)
        seen: dict[str, list[dict]] = {name: [] for name in libraries}
        for number in range(max(1, rounds if size < 10**7 else 1)):
            for name in libraries:
                command = [sys.executable, str(HERE / "table_work.py"), name, str(data)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                seen[name].append(json.loads(done.stdout))
                print(f"{size:,} rows, round {number + 1}: {name}", file=sys.stderr, flush=True)
        assert all(run["counts"] == seen[libraries[0]][0]["counts"] for runs in seen.values() for run in runs)
        for name, runs in seen.items():
            row = [f"{size:,}", name]
            for step in ("read", "count"):
                ratio = middle([seen[libraries[0]][i][step]["cpu"] / runs[i][step]["cpu"] for i in range(len(runs))])
                row += [f"{middle([r[step]['wall'] for r in runs]):.2f}", f"{ratio:.2f}"]
            rows.append([*row, f"{middle([r['memory'] for r in runs]):.0f}"])
        shutil.rmtree(data)
    headers = ["rows", "by", "read and validate, s", "ours to this", "count, s", "ours to this", "peak MB"]
    return table(headers, rows)


def machine() -> str:
    model = "unknown processor"
    if Path("/proc/cpuinfo").exists():
        model = (re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) or [model])[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    return (
        f"{cores} cores of {model}, {platform.system()}, Python {platform.python_version()}; load {load:.1f} at the end"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--sizes", default="10000,100000,1000000")
    arguments.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        whole, steps = measure_builds(chosen.rounds, Path(scratch))
        sizes = [int(size) for size in chosen.sizes.split(",") if size]
        tables = measure_tables(chosen.rounds, sizes, Path(scratch)) if sizes else "Not measured."
    for name, text in (("machine", machine()), ("builds", whole), ("steps", steps), ("tables", tables)):
        print(f"\n{text}")
        if chosen.write:
            mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
            before = README.read_text("utf-8")
            README.write_text(mark.sub(lambda m, t=text: f"{m[1]}{t}\n{m[2]}", before), "utf-8")


if __name__ == "__main__":
    main()
