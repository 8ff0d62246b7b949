"""The codebook: data/CODEBOOK.md, written from datapackage.json alone so that it cannot drift."""

from __future__ import annotations

from districtloss.tables.schema import Column, Package, Table, load


def codebook(package: Package | None = None) -> str:
    """Return the codebook as Markdown; the same package gives the same text."""
    package = package or load()
    parts = [
        "<!-- Made from datapackage.json by `districtloss codebook`. Edit that file, not this one. -->",
        "# Codebook",
        package.title + ".",
        package.description.strip(),
        "## Tables",
        "\n".join(f"- [{table.file}](#{table.name}csv): {table.title.lower()}" for table in package.tables.values()),
        *(_table(table) for table in package.tables.values()),
        *(["## Sources and licence"] if package.sources or package.licenses else []),
        "\n".join(f"- {source['title']}" for source in package.sources),
        "\n".join(f"Licence of the data: [{item['title']}]({item['path']})." for item in package.licenses),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.primary_key)
    parts = [f"## {table.file}", table.title + ".", table.description, f"Key: {key}."]
    parts += [_column(column, table) for column in table.columns.values()]
    return "\n\n".join(parts)


def _column(column: Column, table: Table) -> str:
    parts = [
        f"### {column.name}",
        f"*{column.title}; {', '.join(_rules(column, table))}.* {column.description}",
    ]
    if column.terms:
        rows = [f"| `{term}` | {meaning} |" for term, meaning in column.terms.items()]
        parts.append("\n".join(["| term | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _rules(column: Column, table: Table) -> list[str]:
    """The constraints of a column in words, in a fixed order."""
    rules = [
        "text" if column.type == "string" else column.type,
        "required" if column.required else "may be empty",
        *(["the column may be missing"] if column.optional else []),
    ]
    if column.unique:
        rules.append("unique")
    if column.type in ("integer", "number", "date"):
        rules.append(f"from {column.minimum} to {column.maximum}")
    if column.max_length:
        rules.append(f"at most {column.max_length:,} characters")
    if column.pattern:
        rules.append(f"form `{column.pattern}`")
    if column.example:
        rules.append(f"for example `{column.example}`")
    rules += [f"a `{key.target}` of {key.table}.csv" for key in table.foreign_keys if key.column == column.name]
    return rules
