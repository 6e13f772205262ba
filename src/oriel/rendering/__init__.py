"""Renders: one song and its settings become one video."""
