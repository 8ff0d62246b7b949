"""The parameters of an analysis: names, types, bounds and defaults, checked before any notebook runs.

Papermill only warns of a parameter that a notebook does not have, so everything is checked here.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from districtloss.errors import Fault, Faults
from districtloss.vocabulary import ATTRIBUTIONS, FIRST_DAY, LAST_DAY

DATE_RULES = ("earliest", "midpoint", "latest")
DECISION = re.compile(r"D[0-9]{2,}")


@dataclass(frozen=True)
class Parameters:
    """What can be varied without touching the data. `as_of` None means the day of the newest source."""

    start: dt.date = dt.date(2021, 6, 4)
    as_of: dt.date | None = None
    denominator: int = 419
    attribution: tuple[str, ...] = tuple(term for term, meant in ATTRIBUTIONS.items() if meant.counts)
    date_rule: str = "midpoint"
    net: bool = False
    confidence: float = 0.95
    decisions: Mapping[str, str] = field(default_factory=dict)

    def for_notebooks(self) -> dict[str, Any]:
        """Return the parameters as plain values that Papermill passes unchanged (dates as ISO strings)."""
        return {
            "start": self.start.isoformat(),
            "as_of": self.as_of.isoformat() if self.as_of else "",
            "denominator": self.denominator,
            "attribution": list(self.attribution),
            "date_rule": self.date_rule,
            "net": self.net,
            "confidence": self.confidence,
            "decisions": dict(sorted(self.decisions.items())),
        }


# What --help says of each.
MEANING = {
    "start": "first day of the window (ISO date)",
    "as_of": "last day of the window (ISO date); by default the day of the newest source",
    "denominator": "districts in the country, 1 to 1000",
    "attribution": f"attributions that count as a change of control, joined by commas: {', '.join(ATTRIBUTIONS)}",
    "date_rule": f"the day that stands for an interval in point figures: {', '.join(DATE_RULES)}",
    "net": "whether recaptures are subtracted in the headline rate (true or false)",
    "confidence": "of the Poisson intervals, 0.5 to 0.999",
    "D01, D02, …": "which option of a decision is taken; the report's chapter on choices lists all",
}


def parse(settings: Mapping[str, str], where: str = "--set") -> Parameters:
    """Return the parameters that `settings` (NAME -> text, as after --set) describe.

    Names are the fields of Parameters, and decision ids such as D03. Raises Faults, which say `where`, with every name
    that is not known, every value of the wrong type and every value out of bounds.
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    decisions: dict[str, str] = {}
    for name, text in settings.items():
        if DECISION.fullmatch(name):
            decisions[name] = text
        elif name not in PARSERS:
            near = get_close_matches(name, PARSERS, 1)
            remedy = f"did you mean {near[0]}?" if near else f"one of {', '.join(PARSERS)}, or a decision id"
            faults.append(Fault(where, None, name, "no such parameter", remedy))
        else:
            try:
                values[name] = PARSERS[name](text)
            except ValueError as error:
                faults.append(Fault(where, None, name, f"{text!r} is not usable", str(error)))
    parameters = dataclasses.replace(Parameters(decisions=decisions), **values)
    if parameters.as_of and parameters.as_of <= parameters.start:
        problem = f"{parameters.as_of} is not after the start, {parameters.start}"
        faults.append(Fault(where, None, "as_of", problem, "a later day"))
    if faults:
        raise Faults(faults)
    return parameters


def of_values(values: Mapping[str, Any], where: str) -> Parameters:
    """Return the parameters that plain values describe, as `for_notebooks` gives them. Raises Faults as `parse` does.

    A list may come as text, joined as after --set; decisions also one by one, as values of their ids.
    """
    chosen = values.get("decisions", {})
    if not isinstance(chosen, Mapping):
        remedy = "options by the ids of their decisions, such as {'D04': 'counted'}"
        raise Faults([Fault(where, None, "decisions", f"{chosen!r} is not usable", remedy)])
    given = {name: value for name, value in values.items() if name != "decisions" and (name, value) != ("as_of", "")}
    return parse({str(name): _text(value) for name, value in (given | dict(chosen)).items()}, where)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "|".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


OWN = ("data", "output")  # what a notebook is given besides: where to read, where to write
INJECTED = "# Parameters\n"  # how Papermill begins the cell in which it sets what it was given


def of_notebook(names: Mapping[str, Any]) -> Parameters:
    """Return the parameters of the notebook whose `globals()` are given, once its cell of parameters has run.

    Papermill only warns of a name that the notebook does not have, and sets it. So the cell that it put in is looked at
    too. Raises Faults with every name that is not known and every value that cannot be used.
    """
    cell = next((source for source in names.get("In", ()) if source.startswith(INJECTED)), "")
    nodes = ast.walk(ast.parse(cell))
    injected = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known = {field.name for field in dataclasses.fields(Parameters)}
    return of_values({name: names[name] for name in sorted(known | injected - {*OWN})}, "parameter")


def settings(parameters: Parameters) -> dict[str, str]:
    """Return the settings that differ from the defaults, as `parse` takes them."""
    texts: dict[str, str] = {}
    for name, default in dataclasses.asdict(Parameters()).items():
        value = getattr(parameters, name)
        if name == "decisions" or value == default:
            continue
        texts[name] = ",".join(value) if name == "attribution" else str(value).lower()
    return texts | dict(sorted(parameters.decisions.items()))


def _date(text: str) -> dt.date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("an ISO date such as 2021-06-04")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("a day that exists, such as 2021-06-04") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"a year from {FIRST_DAY.year} to {LAST_DAY.year}")
    return day


def _denominator(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= 1000:
        raise ValueError("a whole number from 1 to 1000")
    return int(text)


def _attribution(text: str) -> tuple[str, ...]:
    parts = [part for part in re.split(r"[|,]", text) if part]
    unknown = [part for part in parts if part not in ATTRIBUTIONS]
    if not parts or unknown:
        raise ValueError(f"one or more of {', '.join(ATTRIBUTIONS)}, joined with |")
    return tuple(a for a in ATTRIBUTIONS if a in parts)


def _date_rule(text: str) -> str:
    if text not in DATE_RULES:
        raise ValueError(f"one of {', '.join(DATE_RULES)}")
    return text


def _net(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def _confidence(text: str) -> float:
    value = float(text) if re.fullmatch(r"0?\.[0-9]+", text) else 0.0
    if not 0.5 <= value <= 0.999:
        raise ValueError("a number from 0.5 to 0.999")
    return value


PARSERS = {
    "start": _date,
    "as_of": _date,
    "denominator": _denominator,
    "attribution": _attribution,
    "date_rule": _date_rule,
    "net": _net,
    "confidence": _confidence,
}
