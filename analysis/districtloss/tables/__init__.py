"""Data folders: rules, reading, decisions, the codebook."""
