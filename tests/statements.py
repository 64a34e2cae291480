"""What an SQL statement does, for tests that let some of them fail."""

import re


def writes(sql: str, table: str = "jobs_") -> bool:
    """Whether it changes rows of the table, or of any of ours. One statement may begin with
    WITH and write to several tables."""
    return re.search(rf'\b(INSERT INTO|UPDATE|DELETE FROM) "?{table}', sql) is not None
