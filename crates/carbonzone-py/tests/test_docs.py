"""Examples in docstrings and notebooks run as they stand."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY

import carbonzone as cz
from carbonzone import _city, _findings, _kernels

NOTEBOOKS = sorted((REPOSITORY / "docs" / "notebooks").glob("*.ipynb"))


def test_examples_in_docstrings() -> None:
    results = [doctest.testmod(module, extraglobs={"cz": cz}) for module in (_kernels, _findings, _city)]
    assert sum(result.failed for result in results) == 0 and sum(result.attempted for result in results) >= 15


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("default::carbonzone.CarbonzoneWarning")
def test_notebooks_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    monkeypatch.chdir(path.parent)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(codes) >= 5
    names: dict[str, Any] = {}
    for code in codes:
        # What a notebook shows needs IPython; that there is something to show does not.
        shown = re.sub(r"^from IPython.display import SVG\nSVG\(filename=(.*)\)$", r"assert (\1).is_file()", code, flags=re.M)
        exec(compile(shown, str(path), "exec"), names)


def test_the_rendered_pages_are_those_of_the_notebooks() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        page = path.with_suffix(".md").read_text(encoding="utf-8")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert "".join(cell["source"]) in page, f"{path.name}: make notebooks"
