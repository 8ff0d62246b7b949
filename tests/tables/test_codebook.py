"""The codebook says what datapackage.json says."""

from districtloss.paths import DATA
from districtloss.tables.codebook import codebook
from districtloss.tables.schema import load


def test_codebook_in_the_tree_is_the_one_that_the_data_package_gives():
    assert (DATA / "CODEBOOK.md").read_text("utf-8") == codebook()


def test_codebook_explains_every_column_and_every_term():
    text = codebook()
    for table in load().tables.values():
        section = text.split(f"\n## {table.file}\n")[1].split("\n## ")[0]
        for column in table.columns.values():
            assert f"\n### {column.name}\n" in section
            assert column.description in section
            for term, meaning in column.terms.items():
                assert f"| `{term}` | {meaning} |" in section
