"""Figures for a paper: their `content`, their `frame`, their drawing as `heat` or `arcs`, and `saving`."""
