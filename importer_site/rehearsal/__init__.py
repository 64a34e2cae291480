"""A day of a large organisation, played in minutes: what an operator asks before the machines
are bought. `python -m importer_site.rehearsal --help`; docs/scaling.md has figures."""
