"""Runs the quick start of docs/python.md word for word: python quick_start.py docs/python.md"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path


def blocks(page: Path) -> list[str]:
    """The Python blocks of the section "Quick start"."""
    section = page.read_text(encoding="utf-8").split("## Quick start\n")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def main() -> None:
    found = blocks(Path(sys.argv[1]))
    assert len(found) >= 3, "the quick start is not where this script looks"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        names: dict[str, object] = {}
        for block in found:
            exec(compile(block, sys.argv[1], "exec"), names)
        os.chdir("/")


if __name__ == "__main__":
    main()
