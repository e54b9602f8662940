"""Toolbar, menu, dock and Processing provider."""

import os

from qgis.core import Qgis, QgsApplication, QgsProcessingUtils, QgsProject, QgsSettings
from qgis.gui import QgsDockWidget, QgsMapToolEmitPoint
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import QAction, QFileDialog, QPushButton, QTextBrowser

from . import engine
from .algorithms.base import found_engine
from .provider import Provider
from .sheet import fact_sheet_at, printable, run_in
from .strings import language, set_language, tr

MENU = "carbonzone"
DIALOGS = [
    ("carbonzone:newcity", "New city from layers"),
    ("carbonzone:check", "Check"),
    ("carbonzone:run", "Run"),
    ("carbonzone:compare", "Compare two runs"),
    ("carbonzone:confidence", "Confidence of the zones"),
    ("carbonzone:scenario", "Scenario"),
    ("carbonzone:installengine", "Install engine from a file"),
]


class CarbonzonePlugin:
    """What QGIS loads."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = self.dock = self.tool = self.tool_action = self.toolbar = self.run_dir = None
        self.actions, self.dialogs = [], []
        set_language(QgsApplication.locale())

    def initProcessing(self):
        """Called alone by qgis_process."""
        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Called by the desktop program."""
        self.initProcessing()
        icon = QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))
        self.toolbar = self.iface.addToolBar("carbonzone")
        self.toolbar.setObjectName("carbonzoneToolBar")
        for algorithm, title in DIALOGS:
            action = self.action(tr(title), lambda _=False, a=algorithm: self.open(a), icon)
            if algorithm == "carbonzone:newcity":
                self.toolbar.addAction(action)
        self.action(tr("Choose engine…"), self.choose_engine)
        self.tool = QgsMapToolEmitPoint(self.iface.mapCanvas())
        self.tool.canvasClicked.connect(self.clicked)
        title = tr("Click a township: its fact sheet")
        identify = QgsApplication.getThemeIcon("/mActionIdentify.svg")
        self.tool_action = self.action(title, lambda: self.iface.mapCanvas().setMapTool(self.tool), identify)
        self.tool_action.setCheckable(True)
        self.tool.setAction(self.tool_action)
        self.toolbar.addAction(self.tool_action)

    def action(self, title, slot, icon=None):
        """An entry of the menu."""
        action = QAction(icon, title, self.iface.mainWindow()) if icon else QAction(title, self.iface.mainWindow())
        action.triggered.connect(slot)
        self.iface.addPluginToMenu(MENU, action)
        self.actions.append(action)
        return action

    def open(self, algorithm):
        """Opens the dialog of an algorithm; maps and tables stay in reach. Without an engine it is asked for at once."""
        import processing

        if algorithm != "carbonzone:installengine" and not self.engine_found():
            return
        dialog = processing.createAlgorithmDialog(algorithm, {})
        self.dialogs = [d for d in self.dialogs if d.isVisible()] + [dialog]
        dialog.show()

    def engine_found(self):
        """True if there is an engine to use; else says what is wrong, with a button that mends it."""
        try:
            found_engine()
        except engine.EngineError as error:
            bar = self.iface.messageBar()
            item = bar.createMessage(MENU, str(error))
            button = QPushButton(tr("Choose engine…"))
            button.clicked.connect(self.choose_engine)
            item.layout().addWidget(button)
            bar.pushWidget(item, Qgis.Warning)
            return False
        return True

    def choose_engine(self):
        """A file dialog for the engine; tells at once whether it is one."""
        path, _ = QFileDialog.getOpenFileName(self.iface.mainWindow(), tr("The carbonzone engine"))
        if not path:
            return
        try:
            version = engine.version_of(path)
        except engine.EngineError as error:
            self.iface.messageBar().pushWarning(MENU, str(error))
            return
        QgsSettings().setValue(engine.SETTING, path)
        self.iface.messageBar().pushSuccess(MENU, tr("carbonzone {0} will be used").format(engine.dotted(version)))

    def clicked(self, point, _button=None):
        """Shows the fact sheet of the township at a point of the map."""
        found = run_in(QgsProject.instance(), self.iface.activeLayer())
        if not found:
            self.iface.messageBar().pushInfo(MENU, tr("Load a run first: Processing > carbonzone > Run."))
            return
        self.run_dir = found[0]
        crs = self.iface.mapCanvas().mapSettings().destinationCrs()
        self.show(fact_sheet_at(found[0], found[1], point, crs))

    def show(self, html):
        """Shows a page in the dock."""
        if self.dock is None:
            self.dock = QgsDockWidget(tr("Fact sheet"), self.iface.mainWindow())
            self.dock.setObjectName("carbonzoneFactSheet")
            browser = QTextBrowser()
            browser.setOpenLinks(False)
            browser.anchorClicked.connect(lambda link: self.open_sheet(link.toString()))
            self.dock.setWidget(browser)
            self.dock.setMinimumWidth(380)
            self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.widget().setHtml(html)
        self.dock.show()

    def open_sheet(self, link):
        """Opens the printable page of the township in the browser."""
        try:
            path, anchor = printable(self.run_dir, link, QgsProcessingUtils.tempFolder(), language())
        except (engine.EngineError, OSError) as error:
            self.iface.messageBar().pushWarning(MENU, str(error))
            return
        address = QUrl.fromLocalFile(path)
        address.setFragment(anchor)
        QDesktopServices.openUrl(address)

    def unload(self):
        """Takes everything away again."""
        for action in self.actions:
            self.iface.removePluginMenu(MENU, action)
        if self.tool is not None:
            self.iface.mapCanvas().unsetMapTool(self.tool)
        if self.toolbar is not None:
            self.toolbar.deleteLater()
        if self.dock is not None:
            self.iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
