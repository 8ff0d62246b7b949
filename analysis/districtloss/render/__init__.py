"""From the staged book to pages and PDF, with Pandoc and Typst or with Quarto."""
