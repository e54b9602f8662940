"""What all algorithms share: the engine, its progress, its folder, its words."""

import json
import os

from qgis.core import (
    QgsApplication,
    QgsMessageLog,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingParameterFile,
    QgsSettings,
)
from qgis.PyQt.QtGui import QIcon

from .. import engine
from ..strings import said, tr

#: Tab of the message log.
LOG = "carbonzone"


def profile():
    """Folder of the user profile of QGIS."""
    return QgsApplication.qgisSettingsDirPath()


def found_engine():
    """The engine to use and its version; EngineError says what to do."""
    return engine.find(QgsSettings().value(engine.SETTING, "") or "", profile())


class Listener:
    """Passes what the engine says to the dialog and to the log."""

    def __init__(self, feedback):
        self.feedback = feedback

    def cancelled(self):
        """True once the user pressed Cancel."""
        return self.feedback.isCanceled()

    def event(self, event):
        """One line of the engine."""
        kind = event["event"]
        if kind == "stage":
            self.feedback.setProgressText(said(event, "stage"))
            self.feedback.setProgress(0)
        elif kind == "progress" and event.get("total"):
            self.feedback.setProgress(100.0 * event["done"] / event["total"])
        elif kind == "finding":
            line = engine.finding_line(event)
            QgsMessageLog.logMessage(line, LOG)
            if event["severity"] in ("error", "fatal"):
                self.feedback.reportError(line)
            elif event["severity"] == "warning":
                self.feedback.pushWarning(line)
            else:
                self.feedback.pushInfo(line)
        elif kind == "message":
            self.feedback.pushInfo(event["text"])


class Base(QgsProcessingAlgorithm):
    """An algorithm whose class says NAME, TITLE and HELP."""

    NAME = TITLE = HELP = ""

    def name(self):
        return self.NAME

    def displayName(self):
        return tr(self.TITLE)

    def shortHelpString(self):
        return tr(self.HELP)

    def icon(self):
        return QIcon(os.path.join(os.path.dirname(os.path.dirname(__file__)), "icon.svg"))

    def group(self):
        return ""

    def groupId(self):
        return ""

    def createInstance(self):
        return type(self)()

    def engine(self, arguments, feedback, folder=None, accept=(0,)):
        """Runs the engine; refuses other exit codes with its reasons."""
        try:
            program, version = found_engine()
            shown = " ".join([program] + [str(a) for a in arguments])
            feedback.pushCommandInfo("{0}  (carbonzone {1})".format(shown, engine.dotted(version)))
            QgsMessageLog.logMessage(shown, LOG)
            inside = QgsApplication.prefixPath()
            outcome = engine.run(program, arguments, Listener(feedback), folder, inside)
        except engine.Cancelled:
            raise QgsProcessingException(tr("cancelled; nothing was written")) from None
        except engine.EngineError as error:
            raise QgsProcessingException(str(error)) from error
        if outcome.exit_code not in accept:
            raise QgsProcessingException(outcome.reason())
        return outcome

    def answer(self, arguments, feedback):
        """Standard output of the engine, read as JSON."""
        outcome = self.engine(arguments, feedback)
        try:
            return json.loads(outcome.stdout)
        except ValueError as error:
            raise QgsProcessingException(tr("the engine's answer cannot be read: {0}").format(error)) from error


class RunFolder(QgsProcessingParameterFile):
    """The folder of a finished run."""

    def __init__(self, name, title, optional=False):
        super().__init__(name, title, behavior=QgsProcessingParameterFile.Folder, optional=optional)


class PipelineFile(QgsProcessingParameterFile):
    """A pipeline file."""

    def __init__(self, name, title):
        super().__init__(name, title, extension="toml")


def run_folder(path):
    """The folder of a finished run; a file in it will do as well."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if not os.path.isfile(os.path.join(folder, "run.json")):
        raise QgsProcessingException(tr("{0} is not the folder of a finished run: it holds no run.json").format(folder))
    return folder


def write_html(path, html):
    """Writes a page."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(html)
