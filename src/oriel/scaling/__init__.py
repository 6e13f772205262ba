"""How many workers the waiting renders need."""
