"""Layers of a finished run as a group of the project, in the styles the run wrote."""

import os

from qgis.core import QgsLayerTreeGroup, QgsMapThemeCollection, QgsProject, QgsRasterLayer, QgsVectorLayer

from .strings import in_language

#: Custom property of a layer and a group: the folder of the run it belongs to.
RUN_DIR = "carbonzone/run_dir"
ZONES_TABLE = "carbonzone/zones_table"


def make_layer(run_dir, listed):
    """A layer of the list, styled; None if it cannot be read."""
    path = os.path.join(run_dir, listed["file"])
    name = in_language(listed["name"])
    if listed["kind"] == "raster":
        layer = QgsRasterLayer(path, name, "gdal")
        layer.loadDefaultStyle()
        return layer if layer.isValid() else None
    source = "{0}|layername={1}".format(path, listed["table"])
    if listed.get("filter"):
        source += "|subset=" + listed["filter"]
    layer = QgsVectorLayer(source, name, "ogr")
    if not layer.isValid():
        return None
    if listed.get("style"):
        apply_style(layer, listed["style"])
    return layer


def apply_style(layer, name):
    """A style of the table layer_styles by its name; True if it is there."""
    from qgis.PyQt.QtXml import QDomDocument

    count, ids, names, _, _ = layer.listStylesInDatabase()
    found = [i for i, n in zip(ids, names) if n == name]
    if not found:
        return False
    qml = layer.getStyleFromDatabase(found[0])
    qml = qml[0] if isinstance(qml, tuple) else qml
    document = QDomDocument()
    document.setContent(qml)
    ok = layer.importNamedStyle(document)
    return ok[0] if isinstance(ok, tuple) else bool(ok)


def loadable(listed):
    """Layers that look here as in the project: raster bands without a file of their own style do not."""
    return [layer for layer in listed["layers"] if layer["kind"] == "vector" or layer.get("style")]


def load_run(run_dir, listed, project=None):
    """Adds the group of a run on top of the project; gives the layers by their ids in the list."""
    project = project or QgsProject.instance()
    root = project.layerTreeRoot()
    title = in_language(listed["title"]) or listed["name"]
    forget(run_dir, project)
    top = root.insertGroup(0, "carbonzone: " + title)
    top.setCustomProperty(RUN_DIR, run_dir)
    groups = {}
    for group in listed["groups"]:
        groups[group["key"]] = top.addGroup(in_language(group["name"]))
        groups[group["key"]].setExpanded(group is listed["groups"][0])
    made = {}
    for entry in loadable(listed):
        layer = make_layer(run_dir, entry)
        if layer is None:
            continue
        layer.setCustomProperty(RUN_DIR, run_dir)
        layer.setCustomProperty(ZONES_TABLE, listed["zones_table"])
        project.addMapLayer(layer, False)
        node = groups[entry["group"]].addLayer(layer)
        node.setItemVisibilityChecked(bool(entry["visible"]))
        node.setExpanded(bool(entry["visible"]))
        made[entry["id"]] = layer
    add_themes(listed, made, project)
    return made


def forget(run_dir, project):
    """Removes the group of an earlier run in the same folder."""
    for node in list(project.layerTreeRoot().children()):
        if isinstance(node, QgsLayerTreeGroup) and node.customProperty(RUN_DIR) == run_dir:
            project.removeMapLayers([n.layerId() for n in node.findLayers()])
            project.layerTreeRoot().removeChildNode(node)


def add_themes(listed, made, project):
    """A map theme per theme of the run."""
    themes = project.mapThemeCollection()
    for theme in listed["themes"]:
        if not all(i in made for i in theme["layers"]):
            continue
        record = QgsMapThemeCollection.MapThemeRecord()
        for layer_id in theme["layers"]:
            shown = QgsMapThemeCollection.MapThemeLayerRecord(made[layer_id])
            shown.usingCurrentStyle = True
            shown.currentStyle = "default"
            record.addLayerRecord(shown)
        themes.insert("{0}: {1}".format(listed["name"], in_language(theme["name"])), record)


def run_of(layer):
    """(run folder, zone table) of a layer that came from a run; None for others."""
    run_dir = layer.customProperty(RUN_DIR) if layer else None
    if run_dir and os.path.isfile(os.path.join(run_dir, "run.json")):
        return run_dir, layer.customProperty(ZONES_TABLE)
    return run_by_file(layer) if layer else None


def run_by_file(layer):
    """The run of a layer that lies beside a run.json, as those of the project that a run writes."""
    import json

    folder = os.path.dirname(layer.source().split("|")[0])
    record = os.path.join(folder, "run.json")
    if not os.path.isfile(record):
        return None
    with open(record, encoding="utf-8") as file:
        return folder, json.load(file).get("zones_layer")
