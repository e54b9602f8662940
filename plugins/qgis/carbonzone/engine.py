"""The carbonzone engine: found, checked, started as a program of its own, listened to, stopped."""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter

from .strings import language, said, tr

#: Oldest engine that speaks as this plugin listens.
OLDEST = (0, 1, 0)
#: Version of the events of `--progress json` and of the list of `carbonzone layers`.
FORMAT = 1
#: Key of the setting that names the engine.
SETTING = "carbonzone/engine"
#: Seconds that a cancelled engine gets to clean up.
PATIENCE = 10

#: Variables of QGIS that must not reach another program: they point at its Python, its GDAL, its libraries.
FOREIGN = re.compile(
    r"^(PYTHON.*|PROJ_LIB|PROJ_DATA|PROJ_NETWORK|GDAL_.*|OGR_.*|CPL_.*|OSGEO4W.*|QGIS_.*|QT_.*|QML.*|VSI_.*"
    r"|LD_LIBRARY_PATH|LD_PRELOAD|DYLD_.*|GISBASE|GRASS.*|SSL_CERT_.*|GIO_MODULE_DIR|GTK_.*)$",
    re.IGNORECASE,
)


class EngineError(Exception):
    """Something a user must do or know, in words."""


def clean_environment(environment=None, qgis_folder=None):
    """The environment of another program: without what QGIS set for itself."""
    given = dict(os.environ if environment is None else environment)
    kept = {name: value for name, value in given.items() if not FOREIGN.match(name)}
    if sys.platform == "win32" and qgis_folder:
        # The folders of QGIS on PATH hold its own GDAL and PROJ.
        inside = os.path.normcase(os.path.abspath(qgis_folder))
        folders = kept.get("PATH", "").split(os.pathsep)
        own = [f for f in folders if not os.path.normcase(os.path.abspath(f)).startswith(inside)]
        kept["PATH"] = os.pathsep.join(own)
    kept["NO_COLOR"] = "1"
    kept["LC_ALL"] = "zh_CN.UTF-8" if language() == "zh" else "en_US.UTF-8"
    return kept


def program_name():
    """File name of the engine on this system."""
    return "carbonzone.exe" if sys.platform == "win32" else "carbonzone"


def installed_path(profile):
    """Where "install engine" puts it."""
    return os.path.join(profile, "carbonzone", "engine", program_name())


def candidates(chosen, profile, path=None):
    """Places of the engine, best first: the chosen file, the installed one, PATH."""
    found = []
    if chosen:
        found.append(chosen)
    if profile:
        found.append(installed_path(profile))
    on_path = shutil.which(program_name(), path=path)
    if on_path:
        found.append(on_path)
    return found


def hidden_window():
    """Arguments that keep Windows from opening a console."""
    if sys.platform != "win32":
        return {"start_new_session": True}
    return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}


def version_of(program):
    """Version of an engine as numbers; EngineError if it is none or too old."""
    try:
        answer = subprocess.run(
            [program, "--version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=clean_environment(),
            timeout=30,
            check=False,
            **hidden_window(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(tr("{0} cannot be started: {1}").format(program, error)) from error
    text = answer.stdout.decode("utf-8", "replace").strip()
    match = re.match(r"carbonzone (\d+)\.(\d+)\.(\d+)", text)
    if answer.returncode != 0 or not match:
        raise EngineError(tr("{0} is not the carbonzone engine (it answers: {1})").format(program, text[:200]))
    version = tuple(int(n) for n in match.groups())
    if version < OLDEST:
        raise EngineError(
            tr("{0} is carbonzone {1}; this plugin needs {2} or newer").format(program, dotted(version), dotted(OLDEST))
        )
    return version


def dotted(version):
    """Numbers as a text: 0.1.0."""
    return ".".join(str(n) for n in version)


def find(chosen, profile, path=None):
    """The engine to use, and its version. A chosen file that is wrong is told, not passed over."""
    for program in candidates(chosen, profile, path):
        if program == chosen or os.path.isfile(program):
            return program, version_of(program)
    raise EngineError(
        tr(
            "The carbonzone engine was not found. Choose it (menu Plugins > carbonzone > Choose engine), or install it "
            "from a file (Processing > carbonzone > Install engine from a file)."
        )
    )


class Outcome:
    """What a finished engine left: exit code, standard output, findings, layers, messages."""

    def __init__(self):
        self.exit_code = None
        self.stdout = ""
        self.findings = []
        self.layers = []
        self.messages = []

    def reason(self):
        """Why it failed, in words."""
        errors = [finding_line(f) for f in self.findings if f.get("severity") in ("error", "fatal")]
        # What is said of many features is said once.
        lines = [line if n == 1 else "{0} × {1}".format(n, line) for line, n in Counter(errors).items()][:20] + self.messages
        return "\n".join(lines) or tr("the engine ended with exit code {0}").format(self.exit_code)


def finding_line(finding):
    """A finding as one line."""
    place = ", ".join(finding[k] for k in ("layer", "file", "feature", "field") if finding.get(k))
    message, hint = said(finding, "message"), said(finding, "hint")
    text = "{0}: {1}".format(place, message) if place else message
    return "{0} ({1})".format(text, hint) if hint else text


def _read_lines(stream, kind, lines):
    for raw in iter(stream.readline, b""):
        lines.put((kind, raw.decode("utf-8", "replace").rstrip("\r\n")))
    lines.put((kind, None))


def stop(process):
    """Asks the engine to stop, as Ctrl-C does; ends it if it does not."""
    try:
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()


class Cancelled(Exception):
    """The user asked to stop."""


def run(program, arguments, listener, folder=None, qgis_folder=None):
    """Runs the engine until it ends.

    `listener` has `event(dict)` for each line of `--progress json`, and `cancelled()`. Raises Cancelled when the latter
    is true; the engine has ended then.
    """
    outcome = Outcome()
    try:
        process = subprocess.Popen(
            [program] + [str(a) for a in arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=clean_environment(qgis_folder=qgis_folder),
            **hidden_window(),
        )
    except OSError as error:
        raise EngineError(tr("{0} cannot be started: {1}").format(program, error)) from error
    lines = queue.Queue()
    readers = [
        threading.Thread(target=_read_lines, args=(process.stdout, "out", lines), daemon=True),
        threading.Thread(target=_read_lines, args=(process.stderr, "err", lines), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        outcome.stdout = "\n".join(_listen(lines, outcome, listener))
        outcome.exit_code = process.wait()
    except BaseException:
        stop(process)
        raise
    finally:
        for reader in readers:
            reader.join()
        process.stdout.close()
        process.stderr.close()
    return outcome


def _listen(lines, outcome, listener):
    """Hears both streams to their ends; gives the lines of standard output."""
    out, open_streams = [], 2
    while open_streams:
        if listener.cancelled():
            raise Cancelled()
        try:
            kind, line = lines.get(timeout=0.1)
        except queue.Empty:
            continue
        if line is None:
            open_streams -= 1
        elif kind == "out":
            out.append(line)
        else:
            _hear(line, outcome, listener)
    return out


def _hear(line, outcome, listener):
    """One line of standard error: an event, or a text."""
    try:
        event = json.loads(line)
        kind = event["event"]
    except (ValueError, TypeError, KeyError):
        event, kind = {"event": "message", "text": line}, "message"
    if kind == "begin" and event.get("format") != FORMAT:
        raise EngineError(tr("this engine speaks another language: update the plugin or the engine"))
    if kind == "finding":
        outcome.findings.append(event)
    elif kind == "layer":
        outcome.layers.append(event)
    elif kind == "message":
        outcome.messages.append(event["text"])
    listener.event(event)
