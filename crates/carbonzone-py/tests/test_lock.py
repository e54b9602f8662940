"""The module and the command are built from the same versions."""

from __future__ import annotations

import tomllib

from conftest import REPOSITORY


def versions(path: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package in tomllib.loads((REPOSITORY / path).read_text(encoding="utf-8"))["package"]:
        found.setdefault(package["name"], set()).add(package["version"])
    return found


def test_crates_that_both_lock_files_name_have_the_same_version() -> None:
    command, module = versions("Cargo.lock"), versions("crates/carbonzone-py/Cargo.lock")
    shared = command.keys() & module.keys()
    assert len(shared) > 80
    # arrow asks for an older one, for itself.
    assert {name for name in shared if not command[name] & module[name]} <= {"comfy-table"}
