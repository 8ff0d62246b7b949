"""What chapters are made of: numbers with their trail, tables, charts, lists."""
