"""Measurements, to be run by hand: speed, memory, contact sheets."""
