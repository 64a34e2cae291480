"""The site: its settings and addresses, and the programs that run it."""

import gc

# Nearly all that a process loads at its start stays. With its own threshold of 700 new objects,
# Python's collector looks through it over and over: 7 % of the time that a start takes.
gc.set_threshold(50_000, 20, 50)
