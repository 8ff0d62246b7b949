"""Text that would do harm, or be taken for markup, if anything obeyed it."""

from __future__ import annotations

from districtloss.tables.schema import load
from helpers.new_data import Data, ours

TEXTS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.invalid","x")',
    "+1+1", "-2+3", "@SUM(1)",
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=1</script>",
    "[x](javascript:window.pwned=1)",
    "![](http://evil.invalid/x.png)",
    "**bold** _it_ `code` ~~~ # head",
    "{{< include /etc/passwd >}}",
    "{{< var version >}} {{< pagebreak >}}",
    "::: {.column} :::",
    "```{=html} <b>raw</b> ```",
    "```{python} import os ```",
    "#let x = 1 #eval(\"1\") #read(\"/etc/passwd\")",
    "$x^2$ \\input{/etc/passwd} \\LaTeX",
    "@fig-cumulative @doesnotexist [@garwood1936]",
    "{#id .class key=\"v\"} [^1] [^1]: note",
    "os.execute('x') --[[ lua ]]",
    "a | b || c \\| d",
    '" onmouseover="window.pwned=1',
    "' \" & < > ; -- /* */",
    "%s %d {0} {x} ${x} {{x}}",
    "\u200fright to left\u200e \u200b zero",
    "Київ کابل 喀布尔 😀",
)  # fmt: skip
# Columns whose form no such text has, or whose terms other rows name.
PLAIN = {"unit"}


def data() -> Data:
    """The project's own tables with such a text in every cell that may hold any text."""
    made = ours()
    at = 0
    for name, table in load().tables.items():
        for column in table.columns.values():
            free = column.type == "string" and not column.terms and not column.pattern and column.name not in PLAIN
            if free and not any(key.column == column.name for key in table.foreign_keys):
                for row in made[name]:
                    if row[column.name] and name != "options":
                        row[column.name] = TEXTS[at % len(TEXTS)] + (f" {at}" if column.unique else "")
                        at += 1
    return made
