"""Layers of QGIS as files that the engine can read: named where they are plain files, written out where they are not."""

import csv
import os

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsFields,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsProviderRegistry,
    QgsUnitTypes,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

from .pipeline import Source
from .strings import tr

#: File beside the pipeline file that takes what must be written out.
PACKAGE = "layers.gpkg"


class Writer:
    """Turns layers into sources of a pipeline file in `folder`."""

    def __init__(self, folder, context, feedback):
        self.folder, self.context, self.feedback = folder, context, feedback
        self.begun = False

    def source(self, definition, layer, source, table, crs=None):
        """The source of a layer; `crs` overrides that of the file (GCJ-02, BD-09)."""
        named = None if only_selected(definition) else file_of(layer)
        if named:
            self.feedback.pushInfo(tr("{0}: read from {1}").format(table, named[0]))
            return Source(named[0], named[1], crs)
        path = self.write(source, table)
        self.feedback.pushInfo(tr("{0}: written to {1}").format(table, path))
        return Source(path, table, crs)

    def write(self, source, table):
        """Writes features and CRS as they are."""
        path = os.path.join(self.folder, PACKAGE)
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = table
        options.fileEncoding = "UTF-8"
        # A field called fid would meet the key of the GeoPackage.
        options.layerOptions = ["FID=carbonzone_fid"]
        if self.begun and os.path.exists(path):
            options.actionOnExistingFile = QgsVectorFileWriter.CreateOrOverwriteLayer
        else:
            options.actionOnExistingFile = QgsVectorFileWriter.CreateOrOverwriteFile
        fields = QgsFields(source.fields())
        writer = QgsVectorFileWriter.create(
            path, fields, source.wkbType(), source.sourceCrs(), self.context.transformContext(), options
        )
        if writer.hasError() != QgsVectorFileWriter.NoError:
            raise QgsProcessingException(tr("{0} cannot be written: {1}").format(path, writer.errorMessage()))
        for feature in features(source):
            if self.feedback.isCanceled():
                break
            if not writer.addFeature(feature):
                raise QgsProcessingException(tr("{0} cannot be written: {1}").format(path, writer.errorMessage()))
        del writer
        self.begun = True
        return path

    def table(self, source, key, columns, name):
        """A CSV with a key column and columns by their new names."""
        path = os.path.join(self.folder, name)
        indices = [source.fields().lookupField(f) for f in [key] + list(columns.values())]
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["key"] + list(columns))
            for feature in features(source):
                writer.writerow([cell(feature.attribute(i)) for i in indices])
        return path


def features(source):
    """Features as they are: broken geometries are the engine's to find."""
    return source.getFeatures(QgsFeatureRequest(), QgsProcessingFeatureSource.FlagSkipGeometryValidityChecks)


def cell(value):
    """A value as CSV text; NULL is empty."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def only_selected(definition):
    """True if the dialog asked for the selected features only."""
    return isinstance(definition, QgsProcessingFeatureSourceDefinition) and definition.selectedFeaturesOnly


def file_of(layer):
    """(path, layer name) if the layer is a plain file as it stands, in a projected CRS; else None."""
    if not isinstance(layer, QgsVectorLayer) or layer.providerType() != "ogr":
        return None
    changed = layer.subsetString() or layer.vectorJoins() or layer.isModified()
    own_crs = layer.crs() == layer.dataProvider().crs()
    computed = any(
        layer.fields().fieldOrigin(i) not in (QgsFields.OriginProvider, QgsFields.OriginEdit)
        for i in range(layer.fields().count())
    )
    if changed or computed or not own_crs or not layer.crs().isValid() or layer.crs().isGeographic():
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path, name = parts.get("path") or "", parts.get("layerName") or None
    if not os.path.isfile(path) or parts.get("vsiPrefix"):
        return None
    return os.path.abspath(path), name


def raster_source(layer, name):
    """The source of a raster, which must be a file."""
    path = layer.source() if layer is not None and layer.providerType() == "gdal" else ""
    if not os.path.isfile(path):
        raise QgsProcessingException(tr("{0}: save the raster as a file first, such as a GeoTIFF").format(path or name))
    return Source(os.path.abspath(path))


def working_crs(source):
    """A projected CRS in metres for a city: that of its layer, else by its place on the globe."""
    crs = source.sourceCrs()
    if crs.isValid() and not crs.isGeographic() and metric(crs) and crs.authid() not in ("EPSG:3857", "EPSG:900913"):
        return crs
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    if not crs.isValid():
        raise QgsProcessingException(tr("{0} has no CRS: set it in the properties of the layer").format(source.sourceName()))
    box = QgsCoordinateTransform(crs, degrees, QgsProject.instance()).transformBoundingBox(source.sourceExtent())
    return QgsCoordinateReferenceSystem(zone_of(box.center().x(), box.center().y()))


def metric(crs):
    """True if the units are metres."""
    return crs.mapUnits() == QgsUnitTypes.DistanceMeters


def zone_of(lon, lat):
    """CGCS2000 3-degree zone in China, else UTM."""
    if 73.5 <= lon <= 136.5 and 3 <= lat <= 54:
        return "EPSG:{0}".format(4534 + int(round((lon - 75) / 3.0)))
    return "EPSG:{0}".format((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1)
