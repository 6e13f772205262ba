"""Backups of an installation: its database and its files, written to a folder and read back."""
