"""Oriel Signal FX Pro: music in, a finished 3D video out."""
