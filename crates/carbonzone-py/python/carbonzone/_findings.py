"""What a user must look at: findings, and the one exception."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CarbonzoneError", "CarbonzoneWarning", "Finding", "Findings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a user must look at: where, what was found, what was expected, what to do.

    The fields are those of ``carbonzone check --format json``; what does not apply is ``None``.
    """

    #: Stable name of the check, such as ``invalid_geometry``.
    code: str
    #: ``info``, ``warning``, ``error`` or ``fatal``.
    severity: str
    #: What was found, in one sentence.
    message: str
    #: Role of the layer: ``parcels``, ``zones``, ``poi``, ...
    layer: str | None = None
    #: File as the user wrote it.
    file: str | None = None
    #: Feature id, or rows of a table (counted from 0).
    feature: str | None = None
    #: Column or key.
    field: str | None = None
    #: The value found.
    value: str | None = None
    #: What would have been accepted.
    expected: str | None = None
    #: What to do about it.
    hint: str | None = None
    #: How many features it concerns.
    count: int | None = None
    #: Tonnes CO2e at stake.
    amount_t: float | None = None

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Finding:
        """From an object of ``run.json`` or ``check --format json``; other keys are left out."""
        known = {f.name for f in fields(cls)}
        return cls(**{key: value for key, value in given.items() if key in known})

    @property
    def blocks(self) -> bool:
        """True if nothing can be computed with it."""
        return self.severity in ("error", "fatal")

    def __str__(self) -> str:
        place = [part for part in (self.layer, self.file, self.feature, self.field) if part]
        lines = [f"{self.severity}[{self.code}]: {self.message}"]
        if place:
            lines.append("  in " + ", ".join(place))
        for name in ("value", "expected", "hint"):
            if (said := getattr(self, name)) is not None:
                lines.append(f"  {name}: {said}")
        return "\n".join(lines)


class Findings(Sequence[Finding]):
    """Findings in the order in which they were made.

    >>> found = Findings([Finding("no_crs", "error", "no CRS", layer="parcels")])
    >>> found.blocks, found.errors[0].code
    (True, 'no_crs')
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[Finding] = ()) -> None:
        self._items = tuple(items)

    @classmethod
    def from_json(cls, text: str) -> Findings:
        """From the JSON list that the command prints."""
        return cls(Finding.from_dict(item) for item in json.loads(text))

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...
    def __getitem__(self, index: int | slice) -> Finding | Findings:
        return Findings(self._items[index]) if isinstance(index, slice) else self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Findings) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    @property
    def blocks(self) -> bool:
        """True if one of them is an error."""
        return any(finding.blocks for finding in self)

    @property
    def errors(self) -> Findings:
        """Those that block."""
        return Findings(finding for finding in self if finding.blocks)

    @property
    def warnings(self) -> Findings:
        """Those that tell what was mended or guessed."""
        return Findings(finding for finding in self if finding.severity == "warning")

    def codes(self) -> list[str]:
        """Their codes, in order."""
        return [finding.code for finding in self]

    def to_pandas(self) -> pd.DataFrame:
        """One row per finding."""
        import pandas as pd

        names = [f.name for f in fields(Finding)]
        rows = [[getattr(finding, name) for name in names] for finding in self]
        return pd.DataFrame(rows, columns=names)

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no findings"

    def __repr__(self) -> str:
        return f"<Findings: {len(self.errors)} errors, {len(self.warnings)} warnings, {len(self)} in all>"


class CarbonzoneError(Exception):
    """The input cannot be accepted; ``findings`` names everything that is wrong, with layer, row, column and hint."""

    def __init__(self, findings: Findings | str) -> None:
        if isinstance(findings, str):
            findings = Findings([Finding("error", "error", findings)])
        super().__init__(findings)
        #: Everything that was noticed; at least one blocks.
        self.findings: Findings = findings

    @classmethod
    def from_json(cls, text: str) -> CarbonzoneError:
        """From the findings of a kernel."""
        return cls(Findings.from_json(text))

    @classmethod
    def of(cls, code: str, message: str, **more: Any) -> CarbonzoneError:
        """One error."""
        return cls(Findings([Finding(code, "error", message, **more)]))

    def __str__(self) -> str:
        return str(self.findings.errors or self.findings)


class CarbonzoneWarning(UserWarning):
    """Something was mended, guessed or left out, and the result counts on it."""
