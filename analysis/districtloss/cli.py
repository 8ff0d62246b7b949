"""The command line. Each command parses, calls one function of the library and says how it went.

Exit codes: 0 done; 1 done, and the answer is no; 2 the input is wrong, one line a fault on standard error; 130 and 143
stopped by Ctrl-C or by whoever asks processes to end.
Imports stand inside the commands, so that `--help` and an unchanged report need neither pandas nor Papermill.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from districtloss.errors import Fault, Faults
from districtloss.files import atomic
from districtloss.files.progress import discard_output, progress
from districtloss.parameters import MEANING

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

WITHOUT_OUTPUT = (errno.ENOSPC, errno.EIO, errno.EPIPE)  # why nothing can be printed
MOST_FAULTS = 100  # printed; the number of the rest is said

Data = Annotated[Path, typer.Option("--data", help="Folder with the tables.", show_default="data")]
Output = Annotated[Path, typer.Option("--output", help="Folder for the report.", show_default="build/report")]
Start = Annotated[str | None, typer.Option("--start", metavar="DATE", help="First day of the window.")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Last day of the window.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter or a decision, e.g. denominator=401 or D04=counted."),
]
# The first character has click keep the lines as they are.
NAMES = "\b\nWhat --set can set:\n" + "\n".join(
    textwrap.fill(meaning, 79, initial_indent=f"  {name:<12} ", subsequent_indent=" " * 15)
    for name, meaning in MEANING.items()
)
Force = Annotated[bool, typer.Option("--force", help="Redo all, also what has not changed.")]
Kernel = Annotated[bool, typer.Option("--kernel", help="Run the notebooks in real Jupyter kernels, all of them.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but faults.")]


def main() -> None:
    """Run the command line; faults become lines on standard error and exit code 2."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8", newline="\n"))  # noqa: SIM115
    signals: list[int] = []

    def stop(number: int, _: object) -> None:
        """End as Ctrl-C does: all that the process began is taken down on the way out, and its children end."""
        signals.append(number)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    for number, default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(number) is default:  # whoever called may have it ignored
            signal.signal(number, stop)
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except (Exception, SystemExit) as error:
        if not signals:
            sys.exit(_reported(error))
        # Whatever the error is: what is stopped may complain, and Python drops an interrupt that meets some callbacks,
        # so that the end of the children is all that is seen of it.
        print("stopped", file=sys.stderr)  # before or after the report was in its place: nobody knows here
        sys.exit(128 + signals[0])


def _reported(error: BaseException) -> int:
    """Print what the user's input or surroundings did to a command; return the exit code. Any other error is raised."""
    if isinstance(error, Faults):
        # What is wrong with a file as a whole comes first: faults of its rows, and of rows that name them, can follow
        # from it, and not all are printed.
        faults = sorted(error.faults, key=lambda fault: (fault.row or 0) > 1)
        for fault in faults[:MOST_FAULTS]:
            print(fault, file=sys.stderr)
        if len(faults) > MOST_FAULTS:
            left = len(faults) - MOST_FAULTS
            print(f"and {left} more {'fault' if left == 1 else 'faults'}", file=sys.stderr)
    elif isinstance(error, OSError) and error.filename is None and error.errno in WITHOUT_OUTPUT:
        discard_output()
        print(f"standard output: cannot be written ({error.strerror})", file=sys.stderr)
    elif isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        print(f"{str(error.filename)[:60]}…: the name is too long, give a shorter one", file=sys.stderr)
    else:
        raise error
    return 2


def _parameters(  # type: ignore[no-untyped-def]
    data: Path, start: str | None, as_of: str | None, settings: list[str] | None
):
    from districtloss import parameters
    from districtloss.tables import folders

    named = folders.defaults(data)
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals:
            raise Faults([Fault("--set", None, name, "has no value", f"write --set {name}=VALUE")])
        named[name] = value
    if start is not None:
        named["start"] = start
    if as_of is not None:
        named["as_of"] = as_of
    return parameters.parse(named)


def _check_renderer(name: str) -> None:
    if name not in ("auto", "quarto", "pandoc"):
        raise Faults([Fault("--renderer", None, None, f"{name!r} is not a renderer", "auto, quarto or pandoc")])


def _default(path: Path | None, name: str) -> Path:
    from districtloss import paths

    return path if path is not None else getattr(paths, name)


def _tell_unsettled(data: Path) -> None:
    from districtloss.tables import folders

    if left := folders.unsettled(data):
        rows = "1 row waits for its place" if left == 1 else f"{left:,} rows wait for their places"
        print(f"{data}: {rows}; fill the answers of {folders.TO_SETTLE}, and import the export again.")


def _make(
    data: Path | None, output: Path | None, start: str | None, as_of: str | None, settings: list[str] | None,
    *, renderer: str, rendered: bool, force: bool, kernel: bool, quiet: bool,
) -> None:  # fmt: skip
    from districtloss.build import build as builder

    _check_renderer(renderer)
    parameters = _parameters(_default(data, "DATA"), start, as_of, settings)
    target = _default(output, "REPORT")
    with progress(quiet) as say:
        made = builder.build(
            _default(data, "DATA"), target, parameters,
            renderer=renderer, rendered=rendered, force=force, kernel=kernel, say=say,
        )  # fmt: skip
    if not quiet:
        _tell_unsettled(_default(data, "DATA"))
        page = target / "index.html" if rendered else target / "results"
        with_ = f", rendered by {made['renderer']['version']}" if rendered else ""
        print(f"{page}  version {made['version']}, digest {made['digest'][:12]}{with_}")


@app.command(epilog=NAMES)
def build(
    data: Data = None,  # type: ignore[assignment]
    output: Output = None,  # type: ignore[assignment]
    start: Start = None,
    as_of: AsOf = None,
    settings: Settings = None,
    renderer: Annotated[str, typer.Option("--renderer", help="auto, quarto or pandoc.")] = "auto",
    force: Force = False,
    kernel: Kernel = False,
    quiet: Quiet = False,
) -> None:
    """Validate the data, run the notebooks, render the report as HTML and PDF."""
    _make(
        data, output, start, as_of, settings, renderer=renderer, rendered=True, force=force, kernel=kernel, quiet=quiet
    )


@app.command(epilog=NAMES)
def run(
    data: Data = None,  # type: ignore[assignment]
    output: Output = None,  # type: ignore[assignment]
    start: Start = None,
    as_of: AsOf = None,
    settings: Settings = None,
    force: Force = False,
    kernel: Kernel = False,
    quiet: Quiet = False,
) -> None:
    """The same without rendering: results only."""
    _make(
        data, output, start, as_of, settings, renderer="auto", rendered=False, force=force, kernel=kernel, quiet=quiet
    )


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")],
    empty: Annotated[bool, typer.Option("--empty", help="Leave out the provinces of Afghanistan too.")] = False,
    book: Annotated[
        bool,
        typer.Option("--book", help="Write the report on a folder that has data as chapters into it, to be edited."),
    ] = False,
) -> None:
    """Begin a data folder: empty tables with their rules, the codebook, and what to fill first."""
    if book:
        from districtloss.build import own_book

        with progress(quiet=False) as say:
            written = own_book.begin(folder, _parameters(folder, None, None, None), say)
        print(f"{folder}: {', '.join(written)}. Edit them, and build the report from the folder.")
        return
    from districtloss.tables import starter

    files = starter.init(folder, provinces=not empty)
    print(f"{folder}: {', '.join(files)}. README.md says what to fill first.")


imports = typer.Typer(no_args_is_help=True, help="Turn data of others into a data folder.")
app.add_typer(imports, name="import")


@imports.command()
def acled(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="An export of ACLED.")],
    output: Annotated[Path, typer.Option("--output", help="Folder for the tables.")] = Path("acled-data"),
    places: Annotated[
        Path | None,
        typer.Option(
            "--places",
            metavar="FOLDER",
            help="Folder with provinces.csv (province_id, name) and places.csv (place_id, name, province_id, kind) of "
            "another country.",
        ),
    ] = None,
) -> None:
    """Import an export of ACLED. Run it again once to_settle.csv is filled."""
    from districtloss.imports import data_folder

    with progress(quiet=False) as say:
        made = data_folder.import_export(file, output, places, say)
    print(data_folder.summary(made, output))


@app.command()
def check(data: Data = None) -> None:  # type: ignore[assignment]
    """Validate a data folder; list every fault."""
    from districtloss.estimates.study import Study
    from districtloss.phrasing import agreeing
    from districtloss.tables import folders
    from districtloss.tables.reading import read_tables

    folder = _default(data, "DATA")
    tables = read_tables(folder)
    parameters = _parameters(folder, None, None, None)
    asked: list[Fault] = []
    try:
        Study.checked(tables, parameters)
    except Faults as found:
        # What the folder itself sets is its fault; the rest can still be set for a build.
        asked = folders.located_in_package(found.faults, folder, parameters).faults
        if own := [fault for fault in asked if fault.file == folders.PACKAGE]:
            raise Faults(own) from None
    events, claims = f"{len(tables.events):,}", f"{len(tables.claims):,}"
    checked = f"{events} {agreeing(events, 'event', 'events')} and {claims} {agreeing(claims, 'claim', 'claims')}"
    print(f"{folder}: no fault in {checked}.")
    for fault in asked:
        print(f"Before a build: {fault}")
    _tell_unsettled(folder)


@app.command()
def audit(
    sources: Annotated[Path, typer.Option("--sources", help="Folder with the texts of the sources.")],
    data: Data = None,  # type: ignore[assignment]
    record: Annotated[bool, typer.Option("--record", help="Keep the outcome with the data, for the report.")] = False,
) -> None:
    """Hold every coded row against the texts of the sources; exit 1 on any fault."""
    from districtloss.coding import audit as auditor
    from districtloss.coding import audit_record
    from districtloss.tables.reading import read_tables

    folder = _default(data, "DATA")
    if not sources.is_dir():
        raise Faults([Fault(str(sources), None, None, "is not a folder", "name the folder with the articles' texts")])
    result = auditor.audit(read_tables(folder), sources)
    for fault in result.faults:
        print(fault)
    print(result)
    if record:
        audit_record.write(folder, result)
    if result.faults:
        raise typer.Exit(1)


@app.command()
def codebook() -> None:
    """Write data/CODEBOOK.md anew from data/datapackage.json."""
    from districtloss.paths import DATA
    from districtloss.tables import codebook as writing

    atomic.write(DATA / "CODEBOOK.md", writing.codebook())


@app.command()
def agreement(
    data: Data = None,  # type: ignore[assignment]
    differences: Annotated[bool, typer.Option("--differences", help="List every difference too.")] = False,
) -> None:
    """Compare the two independent codings of a data folder: what both found, and how far they agree."""
    from districtloss.coding import agreement as comparing

    folder = _default(data, "DATA")
    result = comparing.of_folder(folder)
    if result is None:
        remedy = "have the sources coded once more, by somebody who has not seen the tables"
        raise Faults([Fault(str(folder / "second_coding"), None, None, "does not exist", remedy)])
    print(result)
    if differences:
        print(result.differences.to_csv(index=False), end="")


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="The new version, such as 1.0.0.")],
    date: Annotated[str | None, typer.Option("--date", metavar="DATE", help="Its day; today in UTC if none.")] = None,
    doi: Annotated[str, typer.Option("--doi", help="A DOI that is reserved for it.")] = "",
    renderer: Annotated[str, typer.Option("--renderer", help="auto, quarto or pandoc.")] = "auto",
    sources: Annotated[Path | None, typer.Option("--sources", help="Folder with the articles' texts.")] = None,
    quiet: Quiet = False,
) -> None:
    """Pin a version under releases/, made from what is committed."""
    from districtloss.releases import pin as releasing

    _check_renderer(renderer)
    with progress(quiet) as say:
        folder = releasing.release(version, date=date, doi=doi, renderer=renderer, sources=sources, say=say)
    if not quiet:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{folder}  {size / 1e6:.1f} MB")
        print(f"To keep it: git add --all && git commit -m 'Version {version}' && git tag v{version}")


@app.command()
def verify(
    version: Annotated[str, typer.Argument(help="A pinned version.")],
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make it again too, and compare.")] = False,
    here: Annotated[bool, typer.Option("--here", help="Make it with this checkout's code, not its own.")] = False,
    renderer: Annotated[str, typer.Option("--renderer", help="auto, quarto or pandoc; by default its own.")] = "",
    quiet: Quiet = False,
) -> None:
    """Hold a pinned version to its manifest; exit 1 if it does not match."""
    from districtloss import paths
    from districtloss.releases import integrity, versions
    from districtloss.releases import rebuild as rebuilding

    if renderer:
        _check_renderer(renderer)
    folder = versions.folder(version)
    mismatches = integrity.check(folder)
    for mismatch in mismatches:
        print(mismatch)
    if mismatches:
        print(f"{version}: does not match its manifest{', so it is not made again' if rebuild or here else ''}")
        raise typer.Exit(1)
    manifest = versions.manifest(folder)
    if not quiet:
        print(f"{version}: all {len(manifest['outputs'])} files match the manifest")
        print(f"  content digest sha256:{manifest['digest']}\n  {manifest['swhid']}")
    if rebuild or here:
        code = paths.ROOT if here else None
        try:
            with progress(quiet) as say:
                rebuilt = rebuilding.rebuild(folder, renderer=renderer or None, code=code, say=say)
        except RuntimeError as broken:  # old code need not run on the packages of today
            print(f"{version}: cannot be made again here: {broken}")
            raise typer.Exit(1) from None
        print("\n".join(rebuilding.report(version, rebuilt)))
        if not rebuilt.matches:
            raise typer.Exit(1)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A pinned version, or a folder that a build made.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that needs no other.")
    ] = None,
    causes: Annotated[bool, typer.Option("--causes/--no-causes", help="Find which rows moved which number.")] = True,
) -> None:
    """Tell which numbers, rows and parameters differ from A to B, and which rows moved which number."""
    from districtloss.releases import compare as differing

    with differing.opened(before) as a, differing.opened(after) as b:
        found = differing.compare(a, b, explained=causes)
    if html is not None:
        try:
            atomic.write(html, differing.page(found))
        except OSError as error:
            raise Faults([Fault(str(html), None, None, f"cannot be written ({error.strerror})")]) from None
    if as_json:
        from districtloss.files import forms

        print(forms.as_json(found.as_dict()), end="")
    elif html is None:
        print(differing.text(found))


@app.command()
def cite(
    version: Annotated[str, typer.Argument(help="A pinned version.")],
    form: Annotated[str, typer.Option("--format", help="text, bibtex, csl or ris.")] = "text",
) -> None:
    """Print the citation of a pinned version."""
    from districtloss.releases import cite as citing
    from districtloss.releases import integrity, versions

    if form not in citing.FORMATS:
        raise Faults([Fault("--format", None, None, f"{form!r} is no format", f"one of {', '.join(citing.FORMATS)}")])
    folder = versions.folder(version)
    facts = citing.facts(folder)
    if integrity.check(folder):  # its digest would be cited for what it is not the digest of
        remedy = f"`districtloss verify {version}` tells what has changed; take the folder anew"
        raise Faults([Fault(str(folder), None, None, "is not as it was made", remedy)])
    print(citing.cite(facts, form))


if __name__ == "__main__":
    main()
