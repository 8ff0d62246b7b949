"""Pinned versions: made, verified, made again, compared, cited."""
