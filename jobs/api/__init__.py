"""The REST API: the same services that the pages call, for scripts. docs/api.md tells how."""
