"""Pictures of every page, for the README and for whoever changes how pages look.

`make screenshots DIR=directory` takes them from a desk of its own, with a team's thirty days in
it. They go to the directory (a new one if none is named), the best of them to docs/images/.
"""
