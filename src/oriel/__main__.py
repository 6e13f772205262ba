"""`python -m oriel` is the `oriel` command."""

from oriel.cli import main

main()
