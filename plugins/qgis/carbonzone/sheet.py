"""Click a township: its fact sheet."""

import json
import os
from html import escape
from urllib.parse import quote, unquote

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)

from . import engine
from .algorithms.base import found_engine
from .algorithms.explain import explain_arguments
from .loading import run_of
from .pages import fact_sheet, page
from .strings import tr


class Quiet:
    """Listens to nothing."""

    def cancelled(self):
        """Never."""
        return False

    def event(self, event):
        """Nothing."""


def run_in(project, active=None):
    """(run folder, zone table, layer) of the active layer, else of the topmost layer that came from a run."""
    order = [active] if active else []
    order += [node.layer() for node in project.layerTreeRoot().findLayers()]
    for layer in order:
        found = run_of(layer) if layer else None
        if found:
            return found[0], found[1], layer
    return None


def township_at(run_dir, zones_table, point, crs):
    """(id, name, year) of the township at a point; None outside."""
    with open(os.path.join(run_dir, "run.json"), encoding="utf-8") as file:
        record = json.load(file)
    source = "{0}|layername={1}".format(os.path.join(run_dir, record["name"] + ".gpkg"), zones_table)
    layer = QgsVectorLayer(source, "zones", "ogr")
    if not layer.isValid():
        return None
    spot = QgsGeometry.fromPointXY(point)
    crs = crs if isinstance(crs, QgsCoordinateReferenceSystem) else QgsCoordinateReferenceSystem(crs)
    spot.transform(QgsCoordinateTransform(crs, layer.crs(), QgsProject.instance()))
    here = spot.asPoint()
    request = QgsFeatureRequest().setFilterRect(QgsRectangle(here.x(), here.y(), here.x(), here.y()))
    names = [f.name() for f in layer.fields()]
    for feature in layer.getFeatures(request):
        if feature.geometry().contains(spot):
            year = max(record.get("years") or [0]) if "year" in names else None
            return str(feature["unit_id"]), str(feature["name"]) if "name" in names else "", year
    return None


def fact_sheet_at(run_dir, zones_table, point, crs):
    """The page of the township at a point of the map; what is wrong is a page too."""
    found = township_at(run_dir, zones_table, point, crs)
    if not found:
        return page(tr("No township here"), "<p>{0}</p>".format(tr("Click inside a township of the run.")))
    key, name, year = found
    try:
        program, _ = found_engine()
        arguments = explain_arguments(run_dir, "township", key, year)
        outcome = engine.run(program, arguments, Quiet(), qgis_folder=QgsApplication.prefixPath())
        if outcome.exit_code != 0:
            raise engine.EngineError(outcome.reason())
        link = '<p><a href="{0}">{1}</a></p>'.format(sheet_link(key, year), tr("The page for print (A4)"))
        return fact_sheet(json.loads(outcome.stdout)).replace("</h2>", "</h2>" + link, 1)
    except (engine.EngineError, ValueError) as error:
        return page(name or key, '<p class="error">{0}</p>'.format(error))


def sheet_link(key, year):
    """Address of the printable page of a township, for the dock."""
    return "sheet:" + quote(json.dumps([key, year]))


def printable(run_dir, link, folder, language):
    """(file, anchor) of the printable page that a link of the dock names: all pages of the run in one file, made anew."""
    key, year = json.loads(unquote(link[len("sheet:"):]))
    path = os.path.join(folder, "carbonzone_sheets.html")
    if os.path.exists(path):
        os.remove(path)
    arguments = ["sheets", run_dir, "--out", path, "--language", language] + (["--year", str(year)] if year else [])
    outcome = engine.run(found_engine()[0], arguments, Quiet(), qgis_folder=QgsApplication.prefixPath())
    if outcome.exit_code != 0:
        raise engine.EngineError(outcome.reason())
    with open(path, encoding="utf-8") as file:
        pages = file.read().split('<section class="sheet" id="')[1:]
    mark = " · " + escape(key) + "</p>"
    return path, next((page.split('"', 1)[0] for page in pages if mark in page.split("</header>", 1)[0]), "")
