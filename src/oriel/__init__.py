"""Oriel Signal FX Pro: music in, a finished 3D video out."""

__version__ = "0.1.0"
