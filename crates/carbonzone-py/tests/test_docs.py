"""Examples in docstrings and notebooks run as they stand."""

from __future__ import annotations

import doctest
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY

import carbonzone as cz
from carbonzone import _city, _findings, _kernels, _proxies

NOTEBOOKS = sorted((REPOSITORY / "docs" / "notebooks").glob("*.ipynb"))


def test_examples_in_docstrings() -> None:
    results = [doctest.testmod(module, extraglobs={"cz": cz}) for module in (_kernels, _proxies, _findings, _city)]
    assert sum(result.failed for result in results) == 0 and sum(result.attempted for result in results) >= 15


def test_every_function_tells_what_it_takes_gives_and_refuses() -> None:
    for name in cz.__all__:
        thing = getattr(cz, name)
        text = inspect.getdoc(thing) or ""
        assert name == "__version__" or len(text) > 20, name
        if inspect.isfunction(thing):
            wanted = ["Returns\n-------"] + (["Parameters\n----------"] if inspect.signature(thing).parameters else [])
            wanted += [] if name == "layer" else ["Raises\n------"]
            assert [section for section in wanted if section not in text] == [], name
        elif inspect.isclass(thing):
            own = [member for key, member in vars(thing).items() if not key.startswith("_") and inspect.isfunction(member)]
            assert all(inspect.getdoc(member) for member in own), name


def test_the_page_names_every_function() -> None:
    page = (REPOSITORY / "docs" / "python.md").read_text(encoding="utf-8")
    assert [name for name in cz.__all__ if inspect.isfunction(getattr(cz, name)) and f"{name}(" not in page and f"cz.{name}" not in page] == []


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
