from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from desk import people
from desk.database import Database
from desk.database.models import Staff
from desk.settings import settings
from frontdesk.cli import app

PASSWORD = "correct horse battery"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database that the commands are set to."""
    url = f"sqlite:///{tmp_path}/frontdesk.db"
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    opened = Database(url)
    opened.migrate()
    yield opened
    opened.close()
    settings.cache_clear()


def add(*options: str, email: str = "rivera@larkfield.example", typed: str | None = None) -> Result:
    named = ("--name", "Officer Rivera", "--role", "officer")
    return CliRunner().invoke(app, ["staff", "add", email, *named, *options], input=typed)


def signs_in(database: Database, password: str, email: str = "rivera@larkfield.example") -> bool:
    with database.transaction() as session:
        return isinstance(people.authenticate(session, email, password), Staff)


def accounts(database: Database) -> list[Staff]:
    with database.reading() as session:
        return list(session.query(Staff))


def test_an_account_can_sign_in_with_the_password_that_was_typed(database: Database) -> None:
    result = add(typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert result.exit_code == 0, result.output
    assert "Added rivera@larkfield.example." in result.output
    assert PASSWORD not in result.output
    assert signs_in(database, PASSWORD)
    assert not signs_in(database, "another password")


def test_name_roles_and_languages_are_kept(database: Database) -> None:
    given = ("--role", "records", "--language", "es", "--language", "en", "--password-stdin")
    assert add(*given, typed=f"{PASSWORD}\n").exit_code == 0

    (staff,) = accounts(database)
    assert staff.name == "Officer Rivera"
    assert staff.roles == ["officer", "records"]
    assert staff.languages == ["en", "es"]
    assert PASSWORD not in staff.password_hash


def test_english_is_the_language_when_none_is_named(database: Database) -> None:
    add("--password-stdin", typed=f"{PASSWORD}\n")

    assert accounts(database)[0].languages == ["en"]


def test_two_passwords_that_differ_are_asked_for_again(database: Database) -> None:
    result = add(typed=f"{PASSWORD}\nsomething else\n{PASSWORD}\n{PASSWORD}\n")

    assert result.exit_code == 0
    assert "do not match" in result.output
    assert signs_in(database, PASSWORD)


def test_a_made_up_password_is_printed_once_and_opens_the_account(database: Database) -> None:
    result = add("--generate")

    assert result.exit_code == 0
    (password,) = re.findall(r"Password \(shown once\): (\S+)", result.output)
    assert result.output.count(password) == 1
    assert len(password) >= 12
    assert signs_in(database, password)


@pytest.mark.usefixtures("database")
def test_made_up_passwords_differ() -> None:
    first = add("--generate").output.split()[-1]
    second = add("--generate", email="park@larkfield.example").output.split()[-1]

    assert first != second


def test_an_email_that_has_an_account_ends_with_one_sentence_and_1(database: Database) -> None:
    add("--password-stdin", typed=f"{PASSWORD}\n")
    again = add("--password-stdin", email="Rivera@Larkfield.example", typed="another password!\n")

    assert again.exit_code == 1
    assert again.output == "There is already an account for Rivera@Larkfield.example.\n"
    assert signs_in(database, PASSWORD)
    assert len(accounts(database)) == 1


@pytest.mark.parametrize("typed", ["short\n", "\n", ""])
def test_a_weak_or_empty_password_is_refused(database: Database, typed: str) -> None:
    result = add("--password-stdin", typed=typed)

    assert result.exit_code == 1
    assert result.output == "Not added: a password needs at least 12 characters.\n"
    assert accounts(database) == []


@pytest.mark.parametrize(
    ("options", "email", "told"),
    [
        (("--role", "chief"), "rivera@larkfield.example", "unknown role 'chief'"),
        (("--language", "fr"), "rivera@larkfield.example", "unknown language 'fr'"),
        ((), "rivera", "is not an email address"),
        (("--name", " "), "rivera@larkfield.example", "a name of at most 80 characters"),
    ],
)
def test_what_an_account_cannot_have_is_named(
    database: Database, options: tuple[str, ...], email: str, told: str
) -> None:
    result = add("--password-stdin", *options, email=email, typed=f"{PASSWORD}\n")

    assert result.exit_code == 1
    assert result.output.startswith("Not added: ")
    assert told in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert accounts(database) == []


def test_a_role_must_be_named(database: Database) -> None:
    result = CliRunner().invoke(app, ["staff", "add", "rivera@larkfield.example", "--name", "R"])

    assert result.exit_code == 2
    assert "--role" in result.output
    assert accounts(database) == []
