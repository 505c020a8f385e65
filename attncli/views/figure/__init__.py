"""Figures for a paper: what is drawn (`content`), where it stands (`frame`), how (`heat`, `arcs`), and `saving`."""
