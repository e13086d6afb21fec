"""Finds data files inside installed packages, and refuses those that are not the known ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


class DataFileWrong(RuntimeError):
    """A data file is missing or is not the one that was measured; the message says which."""


@dataclass(frozen=True)
class DataFile:
    """A file of an installed package: where in the package, and the SHA-256 it must have."""

    package: str
    inside: str
    sha256: str

    def path(self) -> Path:
        """Where the file is. Raises DataFileWrong when it is missing or has other contents."""
        found = find_spec(self.package)
        folders = list(found.submodule_search_locations or ()) if found else []
        if not folders:
            raise DataFileWrong(f"The package {self.package} is not installed: run `make setup`.")
        path = Path(folders[0]) / self.inside
        if not path.is_file():
            raise DataFileWrong(f"{path} is missing: reinstall {self.package}.")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != self.sha256:
            raise DataFileWrong(
                f"{path} has the SHA-256 {digest}, not {self.sha256}: it was changed or is of "
                f"another version. Reinstall {self.package} from bot/requirements.lock."
            )
        return path
