"""One way to the database, the same on SQLite and PostgreSQL."""

from desk.database.engine import Database, DatabaseBehind
from desk.database.models import Base

__all__ = ["Base", "Database", "DatabaseBehind"]
