"""The way of a planner through QGIS with a window: from four layers to a zone map and a fact sheet, with its clicks counted.

Started by scripts/qgis-desktop inside QGIS (`qgis --code`). CARBONZONE_CITY is a folder of `carbonzone synth suzhou`,
CARBONZONE_WORK an empty one; pictures for docs/qgis.md go to CARBONZONE_PICTURES, if that is set. Writes `way.json` to
CARBONZONE_WORK: clicks by step, and what failed.
"""
import json, os, traceback

from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QSize, Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDialog, QDockWidget, QLineEdit, QScrollBar, QToolBar, QTreeView
from qgis.utils import iface, plugins

CITY, WORK = os.environ["CARBONZONE_CITY"], os.environ["CARBONZONE_WORK"]
PICTURES = os.environ.get("CARBONZONE_PICTURES")
#: Clicks that a widget takes: a list is opened and chosen from; a folder is asked for, its menu and its window answered.
LISTED, TYPED, FOLDER = 2, 1, 3
TOTALS = {"INDUSTRY": 19334.77, "BUILDINGS": 2882.76, "TRANSPORT": 1421.44, "AGRICULTURE": 100.7, "WASTE": 288.3, "SINK": 251.86}
#: The folder that stands in the picture; the run writes below WORK.
PLANNERS = "suzhou"
CLICKS, FAILS = {}, []


def open_layers():
    """Parcels, townships, a table, points of interest: what the planner has."""
    gpkg = lambda name, title: QgsVectorLayer("%s/%s.gpkg|layername=%s" % (CITY, name, name), title, "ogr")
    table = QgsVectorLayer("file://%s/township_stats.csv?type=csv&geomType=none&detectTypes=yes" % CITY, "township_stats", "delimitedtext")
    poi = QgsVectorLayer("file://%s/poi.csv?xField=lon&yField=lat&crs=EPSG:4326&detectTypes=no" % CITY, "poi", "delimitedtext")
    made = [gpkg("parcels", "parcels"), gpkg("townships", "townships"), table, poi]
    QgsProject.instance().addMapLayers(made)
    return {"PARCELS": made[0], "ZONES": made[1], "STATS": made[2], "POI": made[3]}


def picture(widget, name):
    if PICTURES:
        widget.grab().save(os.path.join(PICTURES, name))


def later(seconds, then):
    """Goes on after a while; what fails ends the way."""

    def guarded():
        try:
            then()
        except Exception:
            FAILS.append(traceback.format_exc())
            finish()

    QTimer.singleShot(int(seconds * 1000), guarded)


def wait(ready, then, patience=240):
    """Goes on when something is true."""
    if ready():
        later(1, then)
    elif patience <= 0:
        raise RuntimeError("waited in vain for " + then.__name__)
    else:
        later(0.5, lambda: wait(ready, then, patience - 0.5))


def begin():
    global LAYERS
    iface.mainWindow().resize(1500, 900)
    LAYERS = open_layers()
    iface.mapCanvas().setExtent(LAYERS["ZONES"].extent())
    later(3, toolbox)


def toolbox():
    """The algorithms in the Processing toolbox."""
    import processing

    dock = processing.plugins["processing"].toolbox if hasattr(processing, "plugins") else plugins["processing"].toolbox
    dock.show()
    tree = dock.findChild(QTreeView)
    model = tree.model()
    for row in range(model.rowCount()):
        if model.data(model.index(row, 0)) == "carbonzone":
            tree.expand(model.index(row, 0))
    dock.setFloating(True)
    dock.resize(380, 420)
    later(1, lambda: toolbox_seen(dock, tree))


def toolbox_seen(dock, tree):
    tree.scrollToBottom()
    picture(dock, "qgis-toolbox.png")
    dock.setFloating(False)
    dock.hide()
    bars = [bar for bar in iface.mainWindow().findChildren(QToolBar) if bar.objectName() == "carbonzoneToolBar"]
    later(1, dialog)
    CLICKS["the button New city from layers"] = 1
    bars[0].actions()[0].trigger()


def dialog():
    """The dialog is open: layers are chosen from lists, the rest is typed."""
    global DIALOG
    DIALOG = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible() and hasattr(w, "mainWidget"))
    widgets = DIALOG.mainWidget().wrappers
    shown = lambda name: str(widgets[name].parameterValue())
    DIALOG.setParameters({name: layer.id() for name, layer in LAYERS.items()})
    for name, layer in LAYERS.items():
        CLICKS["choose " + name] = LISTED
    wanted = {"LAND_USE": "DLBM", "ZONE_ID": "id", "ZONE_NAME": "name", "STATS_KEY": "id", "STATS_POPULATION": "population",
              "STATS_GDP": "gdp_1e4cny", "POI_TYPE": "typecode", "POI_CRS": 1}
    by_hand = {k: v for k, v in wanted.items() if shown(k) != str(v)}
    for name in by_hand:
        CLICKS["choose " + name] = LISTED
    for name in TOTALS:
        CLICKS["type " + name] = TYPED
    CLICKS["type TITLE"], CLICKS["folder"] = TYPED, FOLDER
    print("chosen by itself:", sorted(set(wanted) - set(by_hand)), flush=True)
    DIALOG.setParameters({**{name: layer.id() for name, layer in LAYERS.items()}, **wanted, **TOTALS, "TITLE": "Suzhou",
                          "FOLDER": PLANNERS, "SYNTHETIC": True})
    DIALOG.resize(QSize(900, 1000))
    later(2, upper_part)


def upper_part():
    picture(DIALOG, "qgis-dialog.png")
    bar = max(DIALOG.mainWidget().findChildren(QScrollBar), key=lambda bar: bar.maximum())
    bar.setValue(bar.maximum())
    later(1, press_run)


def press_run():
    picture(DIALOG, "qgis-dialog-end.png")
    folder = next(w for w in DIALOG.mainWidget().findChildren(QLineEdit) if w.text() == PLANNERS)
    folder.setText(os.path.join(WORK, "city"))
    CLICKS["Run"] = 1
    DIALOG.runButton().click()
    group = lambda: [g for g in QgsProject.instance().layerTreeRoot().children() if g.name().startswith("carbonzone: ")]
    wait(lambda: group() and DIALOG.runButton().isEnabled(), close_dialog)


def close_dialog():
    CLICKS["Close"] = 1
    DIALOG.close()
    for layer in LAYERS.values():
        QgsProject.instance().layerTreeRoot().findLayer(layer.id()).setItemVisibilityChecked(False)
    later(2, zone_map)


def zone_map():
    """The map has the zones; a click on a township shows its sheet."""
    shown = [layer.name() for layer in iface.mapCanvas().layers()]
    if "Carbon balance zones" not in " ".join(shown):
        FAILS.append("no zones on the map: %s" % shown)
    plugin = plugins["carbonzone"]
    plugin.tool_action.trigger()
    zones = next(layer for layer in iface.mapCanvas().layers() if "Carbon balance zones" in layer.name())
    iface.mapCanvas().setExtent(zones.extent())
    iface.mapCanvas().refresh()
    window = iface.mainWindow()
    window.findChild(QDockWidget, "Browser").hide()
    window.resizeDocks([window.findChild(QDockWidget, "Layers")], [330], Qt.Horizontal)
    iface.layerTreeView().setCurrentLayer(zones)
    for node in QgsProject.instance().layerTreeRoot().findLayers():
        node.setExpanded(node.layerId() == zones.id())
    town = next(zones.getFeatures("\"unit_id\" = '320505001'"))
    plugin.clicked(town.geometry().pointOnSurface().asPoint())
    if town["name"] not in plugin.dock.widget().toPlainText():
        FAILS.append("the dock does not show %s" % town["name"])
    later(4, result)


def result():
    picture(iface.mainWindow(), "qgis-result.png")
    finish()


def finish():
    with open(os.path.join(WORK, "way.json"), "w", encoding="utf-8") as file:
        json.dump({"clicks": CLICKS, "fails": FAILS}, file, indent=1)
    os._exit(0)


later(2, begin)
