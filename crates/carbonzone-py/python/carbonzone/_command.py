"""The command `carbonzone` as a child process: found, listened to, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ._findings import CarbonzoneError, Finding, Findings

__all__ = ["Progress", "command_path"]

#: Environment variables of other Python packages that point at their own GDAL and PROJ.
_FOREIGN = re.compile(r"^(PYTHON.*|PROJ_LIB|PROJ_DATA|GDAL_DATA|GDAL_DRIVER_PATH|OGR_DRIVER_PATH)$", re.IGNORECASE)
#: Seconds that a cancelled command gets to clean up.
_PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is; ``str()`` is a line for people."""

    #: ``stage``, ``progress``, ``stage_end``, ``finding``, ``message``, ...
    event: str
    #: What is being done.
    stage: str | None = None
    #: How far.
    done: float | None = None
    #: Of how many; ``None`` if it cannot be told.
    total: float | None = None
    #: Seconds that a stage took.
    seconds: float | None = None
    #: What is said, or a finding in words.
    text: str | None = None

    def __str__(self) -> str:
        if self.text is not None:
            return self.text
        if self.event == "stage_end" and self.seconds is not None:
            return f"{self.stage}: {self.seconds:.2f} s"
        if self.done is not None and self.total:
            return f"{self.stage}: {100 * self.done / self.total:.0f} %"
        return self.stage or self.event


def command_path() -> str:
    """The command: that of ``CARBONZONE_COMMAND``, that of the wheel, or the first on ``PATH``.

    Returns
    -------
    str
        Its path.

    Raises
    ------
    CarbonzoneError
        If there is none.
    """
    name = "carbonzone.exe" if sys.platform == "win32" else "carbonzone"
    chosen = os.environ.get("CARBONZONE_COMMAND")
    beside = [Path(sysconfig.get_path("scripts")) / name, Path(sys.executable).parent / name]
    found = [chosen] if chosen else [str(path) for path in beside if path.is_file()] + [shutil.which(name) or ""]
    if not found[0] or not Path(found[0]).is_file():
        raise CarbonzoneError.of(
            "no_command",
            "the command carbonzone was not found" if not chosen else "CARBONZONE_COMMAND is no file",
            value=chosen,
            hint="install a wheel that holds it, or set CARBONZONE_COMMAND to its path; the kernels work without it",
        )
    return found[0]


@dataclass(slots=True)
class Outcome:
    """What a finished command left."""

    exit_code: int
    stdout: str
    findings: Findings = field(default_factory=Findings)
    messages: list[str] = field(default_factory=list)
    run_dir: str | None = None

    def require(self, *accepted: int) -> Outcome:
        """Raises unless it ended with one of these exit codes."""
        if self.exit_code in accepted:
            return self
        findings = self.findings
        if not findings.blocks:
            said = "\n".join(self.messages) or f"the command ended with exit code {self.exit_code}"
            findings = Findings([*findings, Finding("command", "fatal", said)])
        raise CarbonzoneError(findings)


def settings(given: Mapping[str, Any] | None) -> list[str]:
    """``--set KEY=VALUE`` for each setting, values in TOML."""
    return [part for key, value in (given or {}).items() for part in ("--set", f"{key}={toml(value)}")]


def toml(value: Any) -> str:
    """A value in TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | os.PathLike):
        return json.dumps(os.fspath(value), ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(str(k), ensure_ascii=False)} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(toml, value)) + "]"
    if hasattr(value, "item"):
        return toml(value.item())
    return repr(value)


def call(arguments: Sequence[str], progress: Callable[[Progress], object] | None = None, *, events: bool = True) -> Outcome:
    """Runs the command to its end. Whatever stops this call, Ctrl-C included, stops the command within a second."""
    kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
    told = [*arguments, "--progress", "json"] if events else list(arguments)
    child = subprocess.Popen(
        [command_path(), *told],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**kept, "NO_COLOR": "1"},
    )
    printed: list[str] = []
    reader = threading.Thread(target=_read, args=(child.stdout, printed), daemon=True)
    reader.start()
    outcome = Outcome(2, "")
    found: list[Finding] = []
    try:
        assert child.stderr is not None
        for line in child.stderr:
            _listen(line, outcome, found, progress)
        outcome.exit_code = child.wait()
        reader.join()
    except BaseException:
        _stop(child)
        raise
    finally:
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()
    outcome.stdout = "".join(printed)
    outcome.findings = Findings(found)
    return outcome


def _read(stream: IO[str] | None, printed: list[str]) -> None:
    with contextlib.suppress(ValueError, OSError):
        printed.extend(stream or ())


def _stop(child: subprocess.Popen[str]) -> None:
    """What is not complete is never shown as a run: the folder of results is exchanged whole."""
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _listen(line: str, outcome: Outcome, found: list[Finding], progress: Callable[[Progress], object] | None) -> None:
    try:
        event = json.loads(line)
        kind = str(event["event"])
    except (ValueError, KeyError, TypeError):
        outcome.messages.append(line.rstrip("\n"))
        return
    text = None
    if kind == "finding":
        found.append(Finding.from_dict(event))
        text = str(found[-1])
    elif kind == "message":
        text = str(event["text"])
        outcome.messages.append(text)
    elif kind == "layer":
        outcome.run_dir = str(event["run_dir"])
        return
    if progress is not None and kind not in ("begin", "end"):
        numbers = {name: event.get(name) for name in ("stage", "done", "total", "seconds")}
        progress(Progress(kind, text=text, **numbers))
