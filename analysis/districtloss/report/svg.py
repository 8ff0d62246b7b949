"""What is done to a drawing before it goes into the book: faces that every browser has, and ids of its own."""

from __future__ import annotations

import re


def anywhere(svg: str) -> str:
    """Return an SVG whose text finds a face like ours where ours is not installed: in a browser without scripts.

    Those faces are wider at the same size; with letters of this height they fit where ours were measured.
    """
    svg = svg.replace("<svg ", '<svg style="font-size-adjust: 0.45" ', 1)
    return svg.replace('font-family="Source Sans Pro"', 'font-family="Source Sans Pro, Arial, sans-serif"')


def own_ids(svg: str, name: str) -> str:
    """Return an SVG whose ids are its own: Vega counts them up within a process, so they would depend on what was
    drawn before."""
    order: dict[str, str] = {}
    for found in re.findall(r'\bid="([^"]+)"', svg):
        order.setdefault(found, f"{name}-{len(order)}")
    for old, new in order.items():
        svg = svg.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
        svg = svg.replace(f'href="#{old}"', f'href="#{new}"')
    return svg
