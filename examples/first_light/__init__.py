"""First Light, the example song: a score, the instruments that play it, and the mix."""
