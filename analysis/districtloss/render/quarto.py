"""Renders the staged book with Quarto, format by format, and puts the parts where the Pandoc path puts them."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from districtloss.errors import Fault, Faults
from districtloss.files import atomic
from districtloss.render import assets, book, characters, pandoc

# What Quarto prints in the text where it could not resolve something, while it exits with 0.
UNRESOLVED = re.compile(
    r"\?(?:var|meta|env|invalid \w+)(?:[ :][\w.-]*)?|\?@[\w-]+|\?(?:fig|tbl|sec)-[\w-]+|\([^()]*\?\?\?[^()]*\)"
)
WARNING = re.compile(r"^\s*(?:\(\w\)\s*)?(?:\[?WARN(?:ING)?\b|warning:|ERROR\b|error:)", re.IGNORECASE)
# Of the machine, not of the book: Typst checks the standard itself, and stops where it is not met.
HARMLESS = re.compile(r"verapdf is not installed")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def find() -> Path | None:
    """The quarto program on the PATH, if there is one."""
    found = shutil.which("quarto")
    return Path(found) if found else None


def render(source: book.Book, stage: Path, out: Path) -> book.Rendered:
    """Render `source` from `stage` into `out`; see `book.render`."""
    quarto = find()
    if quarto is None:
        raise Faults(
            [Fault("quarto", None, None, "Quarto is not on the PATH", "install it, or take --renderer pandoc")]
        )
    pandoc.check(source, stage)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        # A folder a format: one render empties the output, and deletes intermediate files, of the other.
        formats = ("html", "typst")
        made = list(pool.map(lambda name: _render_format(quarto, source, stage, Path(scratch) / name, name), formats))
        if faults := [fault for _, found in made for fault in found]:
            raise Faults(faults)
        pages, prints = (folder for folder, _ in made)
        # results/ is laid beside the pages by whoever called.
        shutil.copytree(pages, out, dirs_exist_ok=True, ignore=lambda folder, _: _results(folder, pages))
        (pdf,) = prints.glob("*.pdf")
        shutil.copyfile(pdf, out / "report.pdf")
    return book.Rendered("quarto", f"Quarto {_version(quarto)}")


def _results(folder: str, pages: Path) -> list[str]:
    return ["results"] if Path(folder) == pages else []


def _render_format(quarto: Path, source: book.Book, stage: Path, project: Path, name: str) -> tuple[Path, list[Fault]]:
    """Render one format in a copy of the stage. Returns the folder that it is in, and what Quarto complains of."""
    shutil.copytree(stage, project, ignore=shutil.ignore_patterns("analysis"))
    assets.copy_assets(stage, project / "assets", frame=False)
    assets.copy_fonts(project / "assets" / "fonts")
    done = _quarto_render(quarto, source, project, name)
    if name == "typst" and done.returncode and characters.without_glyph(done.stdout + done.stderr):
        text = [p for p in project.rglob("*") if p.suffix in (".md", ".qmd", ".yml", ".svg") and p.is_file()]
        characters.make_printable(text, characters.covered((project / "assets" / "fonts").glob("*.ttf")))
        done = _quarto_render(quarto, source, project, name)
    log = COLOUR.sub("", done.stdout + done.stderr)
    faults = list(_complaints(log, name))
    if done.returncode and not faults:
        last = "\n".join(log.splitlines()[-15:])
        faults = [Fault(book.CONFIG, None, name, f"quarto render ends with {done.returncode}:\n{last}")]
    made = project / "_made"
    shutil.rmtree(made / "assets" / "fonts", ignore_errors=True)
    _open_from_disk(made)
    _link_across(made)
    return made, faults or list(_unresolved(made))


def _quarto_render(quarto: Path, source: book.Book, project: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [quarto, "render", "--to", name, "--output-dir", "_made", "--no-execute"],
        cwd=project,
        env=os.environ
        | {
            "NO_COLOR": "1",
            "SOURCE_DATE_EPOCH": str(book.timestamp(source.report)),
            "TYPST_IGNORE_SYSTEM_FONTS": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def _open_from_disk(made: Path) -> None:
    """Turn Quarto's module scripts into classic ones: browsers load no module from a folder on disk."""
    modules = made / "site_libs" / "quarto-html"
    main = modules / "quarto.js"
    if not main.is_file():
        return
    code = main.read_text(encoding="utf-8")
    imports = re.findall(r'^import \* as (\w+) from "\./(.+?)";\n', code, re.MULTILINE)
    for name, path in imports:
        inner = (modules / path).read_text(encoding="utf-8")
        exported = re.findall(r"^export (?:async )?function (\w+)", inner, re.MULTILINE)
        inner = re.sub(r"^export ", "", inner, flags=re.MULTILINE)
        wrapped = f"const {name} = (() => {{\n{inner}\nreturn {{ {', '.join(exported)} }};\n}})();\n"
        code = code.replace(f'import * as {name} from "./{path}";\n', wrapped)
    if re.search(r"^\s*(?:import|export)\b", code, re.MULTILINE):
        return  # a Quarto that we do not know: better its own way than half of ours
    atomic.write(main, "(() => {\n" + code + "\n})();\n")
    for page in made.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for _, path in imports:
            text = re.sub(rf'<script src="[^"]*site_libs/quarto-html/{re.escape(path)}"[^>]*></script>\n?', "", text)
        text = re.sub(r'(<script src="[^"]*site_libs/quarto-html/quarto\.js") type="module">', r"\1 defer>", text)
        atomic.write(page, text)


def _link_across(made: Path) -> None:
    """Lead links like #row-e001 to the page that has the id; Quarto itself does so for headings alone."""
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(made.rglob("*.html"))}
    ids = {page: set(re.findall(r'\sid="([^"]+)"', text)) for page, text in pages.items()}
    homes = {name: page for page, names in ids.items() for name in names}
    for page, text in pages.items():

        def lead(match: re.Match[str], page: Path = page) -> str:
            home = homes.get(match[1])
            if home is None or match[1] in ids[page]:
                return match[0]
            path = os.path.relpath(home, page.parent).replace(os.sep, "/")
            return f'href="{path}#{match[1]}"'

        atomic.write(page, re.sub(r'href="#([^"]+)"', lead, text))


def _complaints(log: str, name: str) -> Iterator[Fault]:
    for line in dict.fromkeys(log.splitlines()):
        if WARNING.match(line) and not HARMLESS.search(line):
            yield Fault(book.CONFIG, None, name, f"Quarto says: {line.strip()}")


def _unresolved(made: Path) -> Iterator[Fault]:
    for page in sorted(made.rglob("*.html")):
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for found in dict.fromkeys(UNRESOLVED.findall(html.unescape(text))):
            file = page.relative_to(made).with_suffix(".qmd").as_posix()
            yield Fault(file, None, None, f"Quarto left {found} unresolved")


def _version(quarto: Path) -> str:
    return subprocess.run([quarto, "--version"], capture_output=True, text=True, check=True).stdout.strip()
