"""The fault campaign: real processes over real sockets, and what must hold whatever breaks.

`make faults` runs all of it and prints a table; a few rounds of it run with the other tests.
docs/faults.md says what is promised and shows the last table.
"""
