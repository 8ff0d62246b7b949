"""The rules that tables must hold to, by what each looks at: a cell, a row, a table and its keys, an option."""
