#!/usr/bin/python3
"""Check with the real QGIS libraries that a project or loose layers load, are styled, and draw.

  qgis_check.py PROJECT.qgz [--relocate] [--run RUN_DIR] [--out DIR]
  qgis_check.py LAYER...    [--out DIR]

LAYER is a GeoPackage (every spatial table), a GeoJSON or a GeoTIFF; the style is the one QGIS itself applies
(layer_styles table, .qml of the same name). Exit status: 0 good, 1 a check failed, 2 PyQGIS cannot be imported.

Checks of a layer: valid; CRS with an authority code; features; a renderer with classes, not a default one; the class
attribute exists; every feature falls in a class (expressions are evaluated, NULL included); a picture that is not blank.
Checks of a project: with several years a layer that follows the temporal controller and shows each year's rows; no absolute path (--relocate copies the folder away first); every layer in the tree and under a
group; something visible on opening; one theme and one print layout for every figure in RUN_DIR/figures; every layout
with page, map, legend, linked scale bar, north arrow and labels, drawn without a missing picture; the CRS, the source
and, for synthetic runs, the word SYNTHETIC on every page.
"""
import argparse, glob, json, os, shutil, sys, tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QGIS_CUSTOM_CONFIG_PATH", tempfile.mkdtemp(prefix="qgis_check_"))
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="qgis_check_"))
try:
    from qgis.core import (
        Qgis, QgsApplication, QgsCategorizedSymbolRenderer, QgsDateTimeRange, QgsExpression, QgsExpressionContext, QgsExpressionContextUtils,
        QgsFeatureRequest, QgsGraduatedSymbolRenderer, QgsLayoutExporter, QgsLayoutItemLabel, QgsLayoutItemLegend,
        QgsLayoutItemMap, QgsLayoutItemPicture, QgsLayoutItemScaleBar, QgsMapRendererSequentialJob, QgsMapSettings,
        QgsProject, QgsProviderRegistry, QgsRasterLayer, QgsRectangle, QgsVectorLayer, QgsVectorLayerTemporalContext,
    )
    from qgis.PyQt.QtCore import QDate, QDateTime, QSize, QTime
    from qgis.PyQt.QtGui import QColor
except ImportError as e:
    print("qgis_check: PyQGIS is not importable (%s)" % e, file=sys.stderr)
    sys.exit(2)

PLAIN = {"singleSymbol", "nullSymbol", "singlebandgray", "multibandcolor", "singlebandcolordata"}


class Check:
    def __init__(self, out):
        self.fails, self.n, self.out = [], 0, out
        if out:
            os.makedirs(out, exist_ok=True)

    def that(self, ok, where, what):
        self.n += 1
        if not ok:
            self.fails.append("%s: %s" % (where, what))
        return ok

    def picture(self, name):
        return os.path.join(self.out, "".join(c if c.isalnum() else "_" for c in name) + ".png") if self.out else None


def colours(image):
    return len({image.pixel(x, y) for y in range(0, image.height(), 3) for x in range(0, image.width(), 3)})


def classes_of(layer):
    """(labels, number of features in no class); the class attribute may be a field or an expression."""
    r = layer.renderer()
    if isinstance(layer, QgsRasterLayer):
        return [str(text) for text, _ in r.legendSymbologyItems()], 0
    if not isinstance(r, (QgsGraduatedSymbolRenderer, QgsCategorizedSymbolRenderer)):
        return [i.label() for i in r.legendSymbolItems()], 0
    attribute = r.classAttribute()
    text = attribute if layer.fields().lookupField(attribute) < 0 else '"%s"' % attribute
    ex = QgsExpression(text)
    missing = [c for c in ex.referencedColumns() if layer.fields().lookupField(c) < 0]
    if ex.hasParserError() or missing or not ex.referencedColumns():
        return ["?"], "class attribute %s does not exist" % attribute
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    ex.prepare(context)
    lost = 0
    graduated = isinstance(r, QgsGraduatedSymbolRenderer)
    ranges = [(x.lowerValue(), x.upperValue()) for x in r.ranges()] if graduated else []
    names = [] if graduated else [str(c.value()) for c in r.categories()]
    for feature in layer.getFeatures(QgsFeatureRequest().setFlags(QgsFeatureRequest.NoGeometry)):
        context.setFeature(feature)
        value = ex.evaluate(context)
        if graduated:
            try:
                v = float(value)
            except (TypeError, ValueError):
                lost += 1
                continue
            lost += not any(a <= v <= b for a, b in ranges)
        else:
            # QGIS compares texts; a yes or no is written in small letters.
            lost += (str(value).lower() if isinstance(value, bool) else str(value)) not in names and "" not in names
    labels = [x.label() for x in (r.ranges() if graduated else r.categories())]
    return labels, lost


def check_layer(layer, check):
    name = layer.name()
    if not check.that(layer.isValid(), name, "does not load (%s)" % layer.source()):
        return
    check.that(bool(layer.crs().authid()), name, "CRS without authority code")
    if isinstance(layer, QgsVectorLayer):
        check.that(layer.featureCount() > 0, name, "no features")
        # Layers without a style of their own fields: dissolved classes, borders of districts.
        if layer.fields().indexOf("units") < 0 and layer.renderer().type() != "RuleRenderer":
            check_fields(layer, check)
    kind = layer.renderer().type()
    labels, lost = classes_of(layer)
    check.that(kind not in PLAIN, name, "default renderer (%s)" % kind)
    check.that(bool(labels) and all(t.strip() for t in labels), name, "classes without a label: %s" % labels)
    check.that(lost == 0, name, lost if isinstance(lost, str) else "%d features in no class" % lost)
    print("  %-60s %-10s %s, %d classes" % (name, layer.crs().authid(), kind, len(labels)))
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setOutputSize(QSize(900, 700))
    settings.setDestinationCrs(layer.crs())
    settings.setBackgroundColor(QColor("white"))
    extent = QgsRectangle(layer.extent())
    extent.scale(1.05)
    settings.setExtent(extent)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    check.that(colours(image) > 1, name, "draws a blank picture")
    if check.out:
        image.save(check.picture("layer_" + name))


def check_fields(layer, check):
    """Names of fields for people, words for classes, a display name and a map tip that can be evaluated."""
    name, fields = layer.name(), layer.fields()
    plain = [f.name() for f in fields if f.name().endswith("_t") and layer.attributeDisplayName(fields.indexOf(f.name())) == f.name()]
    check.that(not plain, name, "fields without a name for people: %s" % plain)
    if fields.indexOf("zone") >= 0:
        setup = layer.editorWidgetSetup(fields.indexOf("zone"))
        check.that(setup.type() == "ValueMap" and len(setup.config().get("map", [])) > 1, name, "no words for the classes")
    shown = layer.displayExpression()
    check.that("name" in shown or "unit_id" in shown, name, "display name %s" % shown)
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    tip = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    cells = tip.split("<td>")[2::2]
    check.that(len(cells) > 1 and all(c.split("</td>")[0].strip() for c in cells), name, "map tip %s" % tip)


def check_temporal(layer, years, check):
    """True if the layer follows the temporal controller; every year must then show its own rows and no others."""
    times = layer.temporalProperties()
    if not isinstance(layer, QgsVectorLayer) or not times.isActive():
        return False
    context = QgsVectorLayerTemporalContext()
    context.setLayer(layer)
    for year in years:
        begin, end = QDateTime(QDate(year, 3, 1), QTime(0, 0)), QDateTime(QDate(year, 9, 30), QTime(0, 0))
        text = times.createFilterString(context, QgsDateTimeRange(begin, end))
        shown = [f["year"] for f in layer.getFeatures(QgsFeatureRequest().setFilterExpression(text))]
        check.that(len(shown) * len(years) == layer.featureCount(), layer.name(), "%d rows in %d" % (len(shown), year))
        check.that(set(shown) == {year}, layer.name(), "rows of %s in %d" % (sorted(set(shown)), year))
    return True


def check_layout(layout, check, synthetic):
    name = "layout " + layout.name()
    of = lambda kind: [i for i in layout.items() if isinstance(i, kind)]
    maps, labels = of(QgsLayoutItemMap), [i.currentText() for i in of(QgsLayoutItemLabel)]
    check.that(layout.pageCollection().pageCount() == 1, name, "not one page")
    check.that(bool(maps) and all(not m.extent().isEmpty() and m.layers() for m in maps), name, "no map with layers")
    legends = of(QgsLayoutItemLegend)
    check.that(bool(legends) and all(l.model().rootGroup().findLayers() for l in legends), name, "empty legend")
    bars = of(QgsLayoutItemScaleBar)
    check.that(bool(bars) and all(b.linkedMap() in maps for b in bars), name, "scale bar is linked to no map")
    for bar in bars:
        check.that(bar.unitsPerSegment() * bar.numberOfSegments() * 1e6 / bar.linkedMap().scale() > 15, name, "the scale bar is crushed")
    pictures = of(QgsLayoutItemPicture)
    check.that(bool(pictures) and not any(p.isMissingImage() for p in pictures), name, "north arrow or picture is missing")
    text = "\n".join(labels)
    check.that("carbonzone" in text, name, "no source line")
    chart = len(pictures) > 1
    check.that(chart or "CRS" in text or "坐标系" in text, name, "no CRS")
    check.that(chart or not synthetic or "SYNTHETIC" in text or "合成" in text, name, "synthetic, but does not say so")
    stamped = "SYNTHETIC" in text or "合成" in text
    check.that(not chart or not stamped, name, "the picture and the page both say synthetic")
    if not chart:
        large = max(maps, key=lambda m: m.rect().width())
        check.that(large.grids().size() == 1 and large.grid().enabled() and large.grid().crs().isGeographic(), name, "no graticule")
        check.that(any(m.overview().linkedMap() is large for m in maps if m.overviews().size()), name, "no locator")
    image = QgsLayoutExporter(layout).renderPageToImage(0, QSize(), 100)
    check.that(not image.isNull() and colours(image) > 10, name, "blank page")
    if check.out and not image.isNull():
        image.save(check.picture(layout.name()))


def check_project(path, check, relocate, run):
    origin = os.path.dirname(os.path.abspath(path))
    moved = None
    if relocate:
        moved = tempfile.mkdtemp(prefix="qgis_check_moved_")
        shutil.copytree(origin, os.path.join(moved, "another place 别处"))
        path = os.path.join(moved, "another place 别处", os.path.basename(path))
    project = QgsProject.instance()
    if not check.that(project.read(path), "project", "cannot be read: %s" % project.error()):
        return
    layers, root = project.mapLayers(), project.layerTreeRoot()
    check.that(project.crs().isValid() and bool(project.crs().authid()), "project", "no CRS")
    check.that(bool(layers), "project", "no layers")
    nodes = root.findLayers()
    check.that({n.layerId() for n in nodes} == set(layers), "project", "layer tree and layers differ")
    check.that(all(n.parent() is not root for n in nodes), "project", "a layer outside the groups")
    check.that(any(l.isValid() for l in root.checkedLayers()), "project", "nothing is visible on opening")
    for layer in layers.values():
        source = layer.publicSource()
        check.that(not relocate or origin not in source.replace(moved, ""), layer.name(), "absolute path %s" % source)
        check_layer(layer, check)
    themes = project.mapThemeCollection().mapThemes()
    for theme in themes:
        shown = project.mapThemeCollection().mapThemeVisibleLayerIds(theme)
        check.that(bool(shown) and set(shown) <= set(layers), "theme " + theme, "shows no layer")
    layouts = project.layoutManager().printLayouts()
    synthetic = False
    if run:
        with open(os.path.join(run, "run.json"), encoding="utf-8") as f:
            manifest = json.load(f)
        synthetic, years = manifest.get("synthetic", False), manifest.get("years", [])
        moving = [l.name() for l in layers.values() if check_temporal(l, years, check)]
        check.that(len(years) < 2 or bool(moving), "project", "several years, but no layer follows the time")
        print("  years %s, temporal layers: %s" % (years, ", ".join(moving) or "none"))
        figures = {os.path.splitext(os.path.basename(f))[0] for f in glob.glob(os.path.join(run, "figures", "*.svg"))}
        figure_of = lambda layout: layout.customProperty("carbonzone/figure")
        missing = figures - {figure_of(l) for l in layouts}
        check.that(not missing, "project", "no print layout for %s" % ", ".join(sorted(missing)))
        unread = [l.name() for l in layouts if l.name() in figures]
        check.that(not unread, "project", "layouts named for programs: %s" % unread)
        charts = {figure_of(l) for l in layouts if len([i for i in l.items() if isinstance(i, QgsLayoutItemPicture)]) > 1}
        with open(os.path.join(run, "layers.json"), encoding="utf-8") as f:
            listed = json.load(f)["themes"]
        check.that(len(listed) == len(themes), "project", "%d themes, %d listed" % (len(themes), len(listed)))
        unread = [t for t in themes if t in {t["key"] for t in listed}]
        check.that(not unread, "project", "themes named for programs: %s" % unread)
        missing = figures - {t["key"] for t in listed} - charts
        check.that(not missing, "project", "no theme for %s" % ", ".join(sorted(missing)))
    for layout in layouts:
        check_layout(layout, check, synthetic)
    groups = [g.name() for g in root.findGroups()]
    print("  %d layers in %d groups (%s), %d themes, %d layouts" % (len(layers), len(groups), "; ".join(groups), len(themes), len(layouts)))
    project.clear()
    if moved:
        shutil.rmtree(moved, ignore_errors=True)


def open_layers(path, check):
    name = os.path.splitext(os.path.basename(path))[0]
    low = path.lower()
    if low.endswith((".tif", ".tiff")):
        return [QgsRasterLayer(path, name, "gdal")]
    if not low.endswith(".gpkg"):
        return [QgsVectorLayer(path, name, "ogr")]
    tables = [d.name() for d in QgsProviderRegistry.instance().querySublayers(path) if d.providerKey() == "ogr"]
    check.that(bool(tables), path, "no layer found")
    made = [QgsVectorLayer("%s|layername=%s" % (path, t), t, "ogr") for t in tables if t != "layer_styles"]
    return [l for l in made if l.isSpatial()]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", nargs="+")
    p.add_argument("--relocate", action="store_true")
    p.add_argument("--run")
    p.add_argument("--out")
    a = p.parse_args()
    app = QgsApplication([], True)
    app.initQgis()
    check, log = Check(a.out), []
    QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: log.append((tag, level, text)))
    print("QGIS %s" % Qgis.version())
    if a.what[0].lower().endswith((".qgz", ".qgs")):
        check_project(a.what[0], check, a.relocate, a.run)
    else:
        for path in a.what:
            for layer in open_layers(path, check):
                layer.loadDefaultStyle()
                check_layer(layer, check)
    for tag, level, text in log:
        check.that(level < Qgis.Critical, "QGIS log (%s)" % tag, " ".join(text.split())[:300])
    for fail in check.fails:
        print("FAIL: " + fail)
    print("qgis_check: %s (%d checks, %d failures)" % ("OK" if not check.fails else "FAILED", check.n, len(check.fails)))
    sys.stdout.flush()
    os._exit(1 if check.fails else 0)  # PyQGIS can crash while it tears layouts down; the verdict is printed


if __name__ == "__main__":
    main()
