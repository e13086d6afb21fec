"""Inserts a row unless it is there, in one statement on either database."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_unless_there(session: Session, table: Table, values: dict[str, Any]) -> Any:
    """Insert a row and return its key; None when one of its unique keys is there already.

    On PostgreSQL this waits for another transaction that inserts the same key.
    """
    statement = _insert(session.get_bind().dialect.name, table, tuple(values))
    return session.execute(statement, values).scalar()


@cache
def _insert(dialect: str, table: Table, columns: tuple[str, ...]) -> Insert:
    """Built once for each set of columns: building a statement takes longer than running it."""
    kind = postgresql if dialect == "postgresql" else sqlite
    values = {column: bindparam(column, type_=table.c[column].type) for column in columns}
    (key,) = table.primary_key.columns
    statement: Insert = kind.insert(table).values(values).on_conflict_do_nothing()
    return statement.returning(key)
