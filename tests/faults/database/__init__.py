"""A database engine for Django: SQLite that can be made to refuse writes, and to die."""
