#!/usr/bin/python3
"""Every algorithm of the QGIS plugin on a small synthetic city in a real headless QGIS, values beside the command's.

  qgis_plugin_check.py CARBONZONE CITY PIPELINE WORK [PART...]

CARBONZONE is the built command, CITY a folder of `carbonzone synth suzhou`, PIPELINE a pipeline file of that city, WORK an
empty folder; PARTs are names of checks, by default all. Exit status: 0 good, 1 a check failed, 2 PyQGIS cannot be imported.
"""
import ast, csv, hashlib, json, os, shutil, sqlite3, subprocess, sys, tempfile, threading, time, traceback, zipfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The settings of whoever runs this stay as they are.
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="qgis_plugin_check_")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="qgis_plugin_check_"))
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLUGINS = os.path.join(HERE, "plugins", "qgis")
PLUGIN = os.path.join(PLUGINS, "carbonzone")
sys.path[:0] = [PLUGINS, "/usr/share/qgis/python/plugins"]
sys.dont_write_bytecode = True
try:
    from qgis.core import (
        Qgis, QgsApplication, QgsCoordinateReferenceSystem, QgsFeature, QgsFeatureRequest, QgsGeometry, QgsPointXY,
        QgsProcessingContext, QgsProcessingException, QgsProcessingFeatureSourceDefinition, QgsProcessingFeedback, QgsProject,
        QgsProperty, QgsSettings, QgsVectorLayer,
    )
except ImportError as e:
    print("qgis_plugin_check: PyQGIS is not importable (%s)" % e, file=sys.stderr)
    sys.exit(2)


class Checks:
    def __init__(self):
        self.fails, self.n = [], 0

    def that(self, ok, what):
        self.n += 1
        if not ok:
            self.fails.append(what)
            print("FAIL: " + what)
        return ok

    def same(self, a, b, what):
        return self.that(a == b, "%s: %r is not %r" % (what, a, b))


CHECK = Checks()


class Quiet(QgsProcessingFeedback):
    """Keeps what is said."""

    def __init__(self, cancel_at=None):
        super().__init__()
        self.lines, self.cancel_at = [], cancel_at

    def pushInfo(self, text):
        self.lines.append(text)

    pushWarning = pushCommandInfo = pushDebugInfo = pushConsoleInfo = pushInfo

    def reportError(self, text, fatalError=False):
        self.lines.append(text)

    def setProgressText(self, text):
        self.lines.append(text)
        if self.cancel_at and text.startswith(self.cancel_at):
            self.cancel()


class Bench:
    def __init__(self, command, city, pipeline, work):
        self.command, self.city, self.pipeline, self.work = command, city, pipeline, work
        self.layers = None

    def cli(self, *arguments, code=0):
        out = subprocess.run([self.command] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if out.returncode != code:
            raise RuntimeError("%s: %d\n%s" % (arguments, out.returncode, out.stderr.decode("utf-8", "replace")))
        return out.stdout.decode("utf-8")

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def run(self, name, parameters, feedback=None, project=True):
        """Runs an algorithm as the toolbox does, with its part in the main thread."""
        import processing

        context = QgsProcessingContext()
        if project:
            context.setProject(QgsProject.instance())
        self.feedback = feedback or Quiet()
        return processing.run("carbonzone:" + name, parameters, feedback=self.feedback, context=context)

    def refused(self, name, parameters, feedback=None):
        """The reason why an algorithm does not run."""
        try:
            self.run(name, parameters, feedback)
        except QgsProcessingException as error:
            return "\n".join([str(error)] + self.feedback.lines)
        return ""


def rows(gpkg, table, columns, where="1"):
    """Rows of a GeoPackage table, read without QGIS."""
    with sqlite3.connect("file:%s?mode=ro" % gpkg, uri=True) as db:
        return db.execute('SELECT %s FROM "%s" WHERE %s ORDER BY 1' % (", ".join(columns), table, where)).fetchall()


def zones(run_dir, name="suzhou"):
    return rows(os.path.join(run_dir, name + ".gpkg"), "townships", ["unit_id", "gross_t", "sink_t", "net_t", "zone"])


# ---------------------------------------------------------------- the plugin without an engine
def strings(bench):
    """Every text has its Chinese, and no Chinese is left without its text."""
    from carbonzone import pages, pipeline, strings as words, styling
    from carbonzone.algorithms import ALGORITHMS, explain, new_city

    used, constants = set(), set()
    for folder, _, files in os.walk(PLUGIN):
        for file in (f for f in files if f.endswith(".py") and f != "strings.py"):
            with open(os.path.join(folder, file), encoding="utf-8") as source:
                tree = ast.parse(source.read())
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    constants.add(node.value)
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr" and isinstance(node.args[0], ast.Constant):
                    used.add(node.args[0].value)
    for algorithm in ALGORITHMS:
        used |= {algorithm.TITLE, algorithm.HELP}
    used |= set(pages.PROXIES.values()) | set(pages.SAFETIES.values())
    used |= set(pages.SECTORS.values()) | set(pages.SEVERITIES.values()) | set(explain.UNIT_NAMES)
    used |= set(pipeline.SECTORS.values()) | {rule[2] for rule in pipeline.RULES} | set(pipeline.LAND_WORDS.values())
    used |= {level.name for level in styling.LEVELS} | {name for _, _, name in styling.CHANGES + styling.SCENARIO_CHANGES}
    for names in ("SCHEME", "KIND", "ZONING", "LANGUAGE", "UNIT", "POI_GROUP", "POI_CRS", "PERSONS", "MONEY", "AXES", "STATS_ON"):
        used |= set(getattr(new_city, names + "_NAMES"))
    CHECK.same(sorted(used - set(words.CHINESE)), [], "texts without Chinese")
    CHECK.same(sorted(set(words.CHINESE) - constants), [], "Chinese without a text")
    holes = lambda text: sorted(part.split("}")[0] for part in text.split("{")[1:])
    CHECK.same([k for k, v in words.CHINESE.items() if holes(k) != holes(v)], [], "texts whose blanks differ")
    words.set_language("zh_CN")
    for algorithm in (a() for a in ALGORITHMS):
        algorithm.initAlgorithm()
        shown = [algorithm.displayName(), algorithm.shortHelpString()]
        shown += [p.description() for p in algorithm.parameterDefinitions()]
        shown += [o.description() for o in algorithm.outputDefinitions()]
        plain = [t for t in shown if t.isascii()]
        CHECK.same(plain, [], "texts of %s that stay English" % algorithm.name())
    words.set_language("en_US")


def schemes(bench):
    """The plugin's schemes are the engine's, with the same space types."""
    from carbonzone import pipeline

    data = os.path.join(HERE, "crates", "carbonzone-spatialize", "data")
    for scheme in pipeline.SCHEMES:
        with open(os.path.join(data, scheme + ".csv"), encoding="utf-8") as file:
            table = csv.DictReader(line for line in file if not line.startswith("#"))
            types = {row["space_type"] for row in table}
        CHECK.same(pipeline.LAND_OF_SCHEME[scheme] - types, set(), "space types of %s" % scheme)
        for sector, _, _, land, _ in pipeline.RULES:
            CHECK.that(bool(pipeline.land_for(land, pipeline.LAND_OF_SCHEME[scheme])), "%s has no land in %s" % (sector, scheme))


def environment(bench):
    """What QGIS sets for itself does not reach the engine."""
    from carbonzone.engine import clean_environment

    foreign = {"PYTHONHOME": "x", "PYTHONPATH": "x", "PROJ_LIB": "x", "PROJ_DATA": "x", "GDAL_DATA": "x",
               "GDAL_DRIVER_PATH": "x", "LD_LIBRARY_PATH": "x", "QT_PLUGIN_PATH": "x", "OSGEO4W_ROOT": "x"}
    kept = {"HOME": "/h", "PATH": "/bin", "LANG": "zh_CN.UTF-8", "HTTP_PROXY": "p"}
    CHECK.same(clean_environment({**foreign, **kept}), {**kept, "NO_COLOR": "1", "LC_ALL": "en_US.UTF-8"}, "environment of the engine")
    for name in foreign:
        os.environ[name] = "/nowhere"
    try:
        bench.run("check", {"PIPELINE": bench.pipeline, "HTML": bench.path("env.html")})
    finally:
        for name in foreign:
            del os.environ[name]


def engines(bench):
    """A missing, a wrong and an old engine are told; install takes it from a file."""
    from carbonzone import engine

    path, settings = os.environ["PATH"], QgsSettings()
    chosen = settings.value(engine.SETTING)
    os.environ["PATH"] = bench.path("empty") + ":/bin"
    settings.remove(engine.SETTING)
    try:
        absent_engines(bench, settings)
        installed_engine(bench, settings)
    finally:
        os.environ["PATH"] = path
        settings.setValue(engine.SETTING, chosen)


def absent_engines(bench, settings):
    from carbonzone import engine

    ask = {"PIPELINE": bench.pipeline, "HTML": bench.path("e.html")}
    CHECK.that("Choose engine" in bench.refused("check", ask), "a missing engine is told")
    for name, text, needle in [
        ("wrong", "echo hello", "is not the carbonzone engine"),
        ("old", "echo carbonzone 0.0.9", "needs 0.1.0"),
    ]:
        fake = bench.path(name)
        with open(fake, "w") as file:
            file.write("#!/bin/sh\n%s\n" % text)
        os.chmod(fake, 0o755)
        settings.setValue(engine.SETTING, fake)
        CHECK.that(needle in bench.refused("check", ask), "an engine that is %s is told" % name)
    settings.setValue(engine.SETTING, bench.path("nothing there"))
    CHECK.that("cannot be started" in bench.refused("check", ask), "a chosen file that is not there is told")
    settings.remove(engine.SETTING)


def installed_engine(bench, settings):
    from carbonzone import engine
    from carbonzone.algorithms.base import profile

    ask = {"PIPELINE": bench.pipeline, "HTML": bench.path("e.html")}
    wheel = bench.path("carbonzone-0.1.0-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(bench.command, "carbonzone-0.1.0.data/scripts/carbonzone")
        packed.writestr("carbonzone-0.1.0.dist-info/METADATA", "Name: carbonzone\n")
    with open(wheel, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    wrong = bench.refused("installengine", {"FILE": wheel, "SHA256": "0" * 64})
    CHECK.that(digest in wrong and not os.path.exists(engine.installed_path(profile())), "another SHA-256 installs nothing")
    CHECK.that("64" in bench.refused("installengine", {"FILE": wheel, "SHA256": "abc"}), "a short SHA-256 is told")
    empty = bench.path("empty.zip")
    with zipfile.ZipFile(empty, "w") as packed:
        packed.writestr("../carbonzone.txt", "x")
    with open(empty, "rb") as file:
        of_empty = hashlib.sha256(file.read()).hexdigest()
    CHECK.that("holds no carbonzone" in bench.refused("installengine", {"FILE": empty, "SHA256": of_empty}), "an archive without engine is told")
    done = bench.run("installengine", {"FILE": wheel, "SHA256": digest.upper()})
    CHECK.same(done["ENGINE"], engine.installed_path(profile()), "place of the installed engine")
    bench.run("check", ask)
    CHECK.that(any(done["ENGINE"] in line for line in bench.feedback.lines), "the installed engine is used")
    os.remove(done["ENGINE"])


# ---------------------------------------------------------------- a whole city
def run(bench):
    """Run loads the styled group; values are those of the command."""
    out = bench.path("run 成果")
    done = bench.run("run", {"PIPELINE": bench.pipeline, "OUTPUT": out})
    CHECK.same(os.path.realpath(done["RUN_DIR"]), os.path.realpath(out), "folder of the run")
    CHECK.that(os.path.isfile(done["PROJECT"]) and os.path.isfile(done["REPORT"]), "project and report")
    bench.cli("run", bench.pipeline, "--out", bench.path("beside"), "--no-maps", "--quiet")
    CHECK.same(zones(out), zones(bench.path("beside")), "values of the townships")
    listed = json.loads(bench.cli("layers", out, "--format", "json"))
    CHECK.same(done["LAYERS"], len(listed["layers"]), "number of layers")
    root = QgsProject.instance().layerTreeRoot()
    tops = [g for g in root.children() if g.name().startswith("carbonzone")]
    CHECK.same(len(tops), 1, "one group")
    nodes = tops[0].findLayers()
    wanted = [x for x in listed["layers"] if x["kind"] == "vector" or x.get("style")]
    CHECK.same(len(nodes), len(wanted), "layers in the group")
    for node in nodes:
        layer = node.layer()
        CHECK.that(layer.isValid(), "%s is valid" % node.name())
        CHECK.that(layer.renderer().type() not in ("singleSymbol", "singlebandgray"), "%s has its style" % node.name())
    visible = [n.name() for n in nodes if n.itemVisibilityChecked()]
    CHECK.same(len(visible), 2, "visible layers: zones and district borders")
    theme = [x for x in listed["themes"] if x["key"] == "townships_industry_t"]
    CHECK.same(len(theme), 1, "a theme of a sector")
    themes = [t for t in QgsProject.instance().mapThemeCollection().mapThemes() if t.startswith("suzhou: ")]
    CHECK.that(len(themes) > 5, "themes %s" % themes)
    bench.run("run", {"PIPELINE": bench.pipeline, "OUTPUT": out})
    tops = [g for g in root.children() if g.name().startswith("carbonzone")]
    CHECK.same(len(tops), 1, "a second run replaces the group")
    other = bench.refused("run", {"PIPELINE": bench.pipeline, "OUTPUT": bench.path()})
    CHECK.that(bool(other), "a folder with other things is refused: %s" % other)
    return out


def explain(bench, out):
    """The fact sheet holds the numbers of the command; a click finds the township."""
    from carbonzone.sheet import fact_sheet_at, run_in, township_at

    unit = zones(out)[3]
    told = json.loads(bench.cli("explain", out, "--township", unit[0], "--format", "json"))
    done = bench.run("explain", {"RUN_DIR": out, "UNIT": 0, "ID": unit[0], "HTML": bench.path("sheet.html")})
    CHECK.same((done["GROSS_T"], done["SINK_T"], done["NET_T"]), unit[1:4], "explained tonnes")
    CHECK.same(told["net_t"], unit[3], "the command explains the same")
    with open(done["HTML"], encoding="utf-8") as file:
        page = file.read()
    CHECK.that(told["unit"] in page and "{0:,.0f}".format(told["gross_t"]) in page, "name and tonnes on the page")
    CHECK.that(told["advice"][0]["class"]["en"] in page and told["measures"][0]["because"]["en"] in page, "zone and measures on the page")
    CHECK.that("poi:" not in page and "points of interest: " in page, "proxies in words")
    parcel = rows(os.path.join(out, "suzhou.gpkg"), "parcels", ["unit_id", "gross_t"], "gross_t > 0")[0]
    done = bench.run("explain", {"RUN_DIR": out, "UNIT": 1, "ID": parcel[0], "HTML": bench.path("p.html")})
    CHECK.same(done["GROSS_T"], parcel[1], "tonnes of a parcel")
    CHECK.that("no" in bench.refused("explain", {"RUN_DIR": out, "UNIT": 0, "ID": "Atlantis", "HTML": bench.path("x.html")}), "an unknown township is told")
    layer = QgsVectorLayer(os.path.join(out, "suzhou.gpkg") + "|layername=townships", "t", "ogr")
    feature = next(layer.getFeatures("\"unit_id\" = '%s'" % unit[0]))
    spot = feature.geometry().pointOnSurface().asPoint()
    found = run_in(QgsProject.instance())
    CHECK.that(found and os.path.realpath(found[0]) == os.path.realpath(out) and found[1] == "townships", "the run of the layers on the map: %s" % (found,))
    CHECK.same(township_at(out, "townships", spot, layer.crs())[0], unit[0], "township under the mouse")
    to_degrees = QgsGeometry.fromPointXY(spot)
    from qgis.core import QgsCoordinateTransform

    to_degrees.transform(QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance()))
    page = fact_sheet_at(out, "townships", to_degrees.asPoint(), "EPSG:4326")
    CHECK.that(told["unit"] in page and "{0:,.0f}".format(told["gross_t"]) in page, "the sheet of a click in degrees")
    from carbonzone.sheet import printable, sheet_link

    CHECK.that(sheet_link(unit[0], None) in page, "the fact sheet leads to the page for print")
    for language in ("en", "zh"):
        path, anchor = printable(out, sheet_link(unit[0], None), bench.work, language)
        with open(path, encoding="utf-8") as file:
            own = file.read().split('id="%s"' % anchor)[1].split("</section>")[0]
        CHECK.that(bool(anchor) and unit[0] in own and "{0:,.0f}".format(told["gross_t"]) in own, "page for print in %s" % language)
    CHECK.that("No township" in fact_sheet_at(out, "townships", QgsPointXY(0, 0), layer.crs()), "a click outside")


def compare(bench, out):
    """Differences as a layer with the values of the command's export."""
    other = bench.path("other")
    bench.cli("run", bench.pipeline, "--out", other, "--no-maps", "--quiet", "--set", "layers.roads.lambda=0.9")
    done = bench.run("compare", {"RUN_A": out, "RUN_B": other, "DIFFERENCES": bench.path("diff.gpkg"), "HTML": bench.path("c.html")})
    bench.cli("compare", out, other, "--export", bench.path("diff.csv"))
    with open(bench.path("diff.csv"), encoding="utf-8-sig", newline="") as file:
        wanted = {r["unit_id"]: float(r["net_t_diff"]) for r in csv.DictReader(file)}
    layer = QgsVectorLayer(done["DIFFERENCES"], "d", "ogr")
    got = {f["unit_id"]: f["net_t_diff"] for f in layer.getFeatures()}
    CHECK.same(got, wanted, "differences")
    CHECK.that(any(v != 0 for v in wanted.values()), "there are differences")
    CHECK.that(all(f.hasGeometry() for f in layer.getFeatures()), "every difference has its township")


def confidence(bench, out):
    """Counts of the levels from the columns of the run."""
    before = set(QgsProject.instance().mapLayers())
    done = bench.run("confidence", {"RUN_DIR": out})
    values = [r[0] for r in rows(os.path.join(out, "suzhou.gpkg"), "townships", ["zone_confidence"])]
    counts = (sum(v >= 0.95 for v in values), sum(0.75 <= v < 0.95 for v in values), sum(v < 0.75 for v in values))
    CHECK.same((done["SAFE"], done["LIKELY"], done["UNSURE"]), counts, "levels of confidence")
    made = [QgsProject.instance().mapLayer(i) for i in set(QgsProject.instance().mapLayers()) - before]
    CHECK.same([m.renderer().classAttribute() for m in made], ["zone_confidence"], "layer of confidence")
    without = os.path.join(os.path.dirname(bench.pipeline), "no uncertainty.toml")
    with open(bench.pipeline, encoding="utf-8") as file:
        text = file.read()
    start = text.index("[uncertainty]")
    with open(without, "w", encoding="utf-8") as file:
        file.write(text[:start] + text[text.index("[outputs]"):])
    bench.cli("run", without, "--out", bench.path("plain"), "--no-maps", "--quiet")
    CHECK.that("[uncertainty]" in bench.refused("confidence", {"RUN_DIR": bench.path("plain")}), "a run without confidence is told")


def scenario(bench):
    """A plan of shares and growth, and one of a layer in memory; values are those of the command on a pipeline file with it."""
    ask = {"PIPELINE": bench.pipeline, "TITLE": "Green plan", "YEAR": 2035, "SOURCE": "made up", "GDP": 3.0, "TARGET": 10,
           "CONVERT": ["industrial", "park", "12.5", "", "", ""], "PATHS": ["industry", "1", "-2.5", "transport", "", "-1"],
           "OUTPUT": bench.path("plan 规划"), "LOAD": True, "SCENARIO": bench.path("plan.gpkg")}
    before = bytes_of(bench.pipeline)
    done = bench.run("scenario", ask)
    CHECK.that(bytes_of(bench.pipeline) == before, "the pipeline file stays as it is")
    from carbonzone.algorithms.scenario import key_of

    CHECK.same([key_of(t) for t in ("Green plan", "规划2035", "Base", "A-B")], ["green_plan", "2035", "plan", "a_b"], "names of scenarios")
    with_plan = os.path.join(os.path.dirname(bench.pipeline), "with plan.toml")
    section = """
[scenario.green_plan]
title_en = "Green plan"
title_zh = "Green plan"
year = 2035
source = "made up"
convert = [{ from = "industrial", to = "park", share = 0.125 }]
gdp = { growth_pct = 3.0 }
target = { reduction_pct = 10.0 }
[scenario.green_plan.activity]
industry = { growth_pct = 1.0 }
[scenario.green_plan.intensity]
industry = { growth_pct = -2.5 }
transport = { growth_pct = -1.0 }
"""
    with open(with_plan, "w", encoding="utf-8") as file:
        file.write(before.decode("utf-8") + section)
    bench.cli("run", with_plan, "--out", bench.path("plan by command"), "--no-maps", "--quiet")
    wanted = scenario_rows(bench.path("plan by command"))
    layer = QgsVectorLayer(done["SCENARIO"], "p", "ogr")
    got = {f["unit_id"]: (f["gross_t"], f["change_t"], f["zone"]) for f in layer.getFeatures()}
    CHECK.same(got, wanted, "townships of the plan")
    CHECK.that(all(f.hasGeometry() for f in layer.getFeatures()) and len(got) > 50, "every township of the plan has its place")
    CHECK.same(done["CHANGED"], sum(f["changes"] == "true" for f in layer.getFeatures()), "zones that changed")
    CHECK.that(abs(done["GROSS_CHANGE_T"] - sum(v[1] for v in wanted.values())) < 1e-3, "change of the city")
    planned = QgsVectorLayer(os.path.join(bench.city, "parcels.gpkg") + "|layername=parcels", "parcels", "ogr")
    memory = copy_in_memory(planned, "MultiPolygon")
    as_it_is = {**ask, "PLAN": memory, "PLAN_LAND_USE": "DLBM", "CONVERT": [], "PATHS": [], "GDP": 0, "OVERWRITE": True}
    done = bench.run("scenario", as_it_is)
    changes = [abs(v[1]) for v in scenario_rows(done["RUN_DIR"]).values()]
    CHECK.that(max(changes) < 1e-3, "a plan of today's land changes nothing: %s t" % max(changes))
    for change, needle in [({"SOURCE": " "}, "Say where"), ({"PLAN": memory, "PLAN_LAND_USE": "DLBM"}, "not both"),
                           ({"CONVERT": ["industrial", "meadows", "5"], "YEAR": 2000}, "meadows"), ({"CONVERT": ["industrial", "park", "five"]}, "five"),
                           ({"YEAR": 2000}, "2000")]:
        told = bench.refused("scenario", {**ask, **change})
        CHECK.that(needle in told, "%s is told: %s" % (change, told[-300:]))


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def scenario_rows(run_dir):
    with open(os.path.join(run_dir, "scenarios.csv"), encoding="utf-8-sig", newline="") as file:
        return {r["unit_id"]: (float(r["gross_t"]), float(r["change_t"]), r["zone"]) for r in csv.DictReader(file)}


# ---------------------------------------------------------------- check and broken layers
def check(bench):
    """Findings are those of the command; a broken parcel comes back with its geometry."""
    told = json.loads(bench.cli("check", bench.pipeline, "--format", "json"))
    done = bench.run("check", {"PIPELINE": bench.pipeline, "FINDINGS": bench.path("findings.gpkg"), "HTML": bench.path("f.html")})
    layer = QgsVectorLayer(done["FINDINGS"], "f", "ogr")
    CHECK.same([f["code"] for f in layer.getFeatures()], [f["code"] for f in told], "findings of the command")
    CHECK.same(done["WARNINGS"], sum(f["severity"] == "warning" for f in told), "number of warnings")
    broken = bench.path("broken 坏")
    os.makedirs(broken)
    bow = "POLYGON((500000 3400000, 500400 3400400, 500400 3400000, 500000 3400400, 500000 3400000))"
    square = "POLYGON((500500 3400000, 500900 3400000, 500900 3400400, 500500 3400400, 500500 3400000))"
    zone = "POLYGON((500000 3400000, 501000 3400000, 501000 3401000, 500000 3401000, 500000 3400000))"
    save(broken, "parcels", "pid", [("坏1", bow, "0601"), ("b2", square, "0601"), ("b3", square, "0601")])
    save(broken, "zones", "zid", [("z1", zone, "100")])
    with open(os.path.join(broken, "p.toml"), "w", encoding="utf-8") as file:
        file.write(BROKEN)
    done = bench.run("check", {"PIPELINE": os.path.join(broken, "p.toml"), "FINDINGS": "memory:", "HTML": bench.path("b.html")})
    layer = done["FINDINGS"]
    found = {f["code"]: f for f in layer.getFeatures()}
    CHECK.that("invalid_geometry" in found, "the broken parcel is found: %s" % sorted(found))
    shape = found["invalid_geometry"]
    CHECK.that(shape.hasGeometry() and shape["shape"] == "feature", "it comes back as a feature: %s %s" % (shape["feature"], shape["shape"]))
    CHECK.same([round(v) for v in (shape.geometry().boundingBox().xMinimum(), shape.geometry().boundingBox().yMaximum())], [500000, 3400400], "place of the broken parcel")
    gone = bench.run("check", {"PIPELINE": bench.path("no such.toml"), "FINDINGS": "memory:", "HTML": bench.path("g.html")})
    CHECK.that(gone["ERRORS"] > 0, "a missing pipeline file is a finding")
    with open(gone["HTML"], encoding="utf-8") as file:
        CHECK.that("no such.toml" in file.read(), "the page names it")


BROKEN = """
[city]
name = "broken"
year = 2020
crs = "EPSG:4549"
[layers.parcels]
source = { path = "parcels.gpkg", layer = "parcels" }
id = "pid"
land_use = "code"
[layers.zones]
source = { path = "zones.gpkg", layer = "zones" }
id = "zid"
gdp = "code"
population = "code"
[inventory]
unit = "t"
[[inventory.totals]]
sector = "industry"
land_group = "industrial"
amount = 1000.0
[[allocate]]
id = "r1"
budget = "industry:industrial"
land = ["industrial"]
proxies = ["area"]
"""


def memory_layer(kind, fields, crs="EPSG:4549"):
    return QgsVectorLayer("%s?crs=%s&%s" % (kind, crs, "&".join("field=" + f for f in fields)), "m", "memory")


def save(folder, name, key, features):
    """A small GeoPackage."""
    from qgis.core import QgsVectorFileWriter

    code = "code:string" if name == "parcels" else "code:double"
    layer = memory_layer("Polygon", [key + ":string", code])
    for values in features:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(values[1]))
        feature.setAttributes([values[0], values[2] if name == "parcels" else float(values[2])])
        layer.dataProvider().addFeature(feature)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = name
    path = os.path.join(folder, name + ".gpkg")
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, QgsProject.instance().transformContext(), options)


# ---------------------------------------------------------------- new city
def copy_in_memory(layer, kind, only=None):
    """The features of a layer in memory."""
    out = QgsVectorLayer("%s?crs=%s" % (kind, layer.crs().authid()), "copy", "memory")
    out.dataProvider().addAttributes(layer.fields())
    out.updateFields()
    out.dataProvider().addFeatures(list(layer.getFeatures(only) if only else layer.getFeatures()))
    return out


def csv_points(bench, name, crs="EPSG:4326"):
    path = os.path.join(bench.city, name + ".csv")
    return QgsVectorLayer("file://%s?delimiter=,&xField=lon&yField=lat&crs=%s&detectTypes=no" % (path, crs), name, "delimitedtext")


def layers_of_city(bench):
    """The layers of the synthetic city as QGIS opens them."""
    gpkg = lambda name: QgsVectorLayer("%s/%s.gpkg|layername=%s" % (bench.city, name, name), name, "ogr")
    stats = QgsVectorLayer("file://%s/township_stats.csv?type=csv&delimiter=,&geomType=none&detectTypes=no" % bench.city, "stats", "delimitedtext")
    poi = csv_points(bench, "poi")
    people = QgsVectorLayer("file://%s/population.csv?delimiter=,&xField=lon&yField=lat&crs=EPSG:4326&detectTypes=yes" % bench.city, "people", "delimitedtext")
    roads = QgsVectorLayer(os.path.join(bench.city, "roads.shp"), "roads", "ogr")
    made = [gpkg("parcels"), gpkg("townships"), stats, poi, people, roads]
    for layer in made:
        CHECK.that(layer.isValid() and layer.featureCount() > 0, "%s opens" % layer.name())
    QgsProject.instance().addMapLayers(made)
    return made


def dialog(bench, folder):
    """What a planner chooses in the dialog, with totals."""
    parcels, towns, stats, poi, people, _ = bench.layers
    return {
        "PARCELS": parcels, "LAND_USE": "DLBM", "PARCEL_ID": "parcel_id", "ZONES": towns, "ZONE_ID": "id", "ZONE_NAME": "name",
        "ZONE_DISTRICT": "district", "STATS": stats, "STATS_KEY": "id", "STATS_POPULATION": "population", "STATS_GDP": "gdp_1e4cny",
        "POI": poi, "POI_TYPE": "typecode", "POI_CRS": 1, "PEOPLE": people, "PEOPLE_FIELDS": ["people_22_06"],
        "INDUSTRY": 19334.77, "BUILDINGS": 2882.76, "TRANSPORT": 1421.44, "AGRICULTURE": 100.7, "WASTE": 288.3, "SINK": 251.86,
        "YEAR": 2020, "TITLE": "苏州 Suzhou", "SYNTHETIC": True, "FOLDER": bench.path(folder), "RUN": False,
    }


def accepted(bench, pipeline, what):
    """`check` has no error to tell of the pipeline file as the dialog wrote it; gives its text."""
    findings = json.loads(bench.cli("check", pipeline, "--format", "json"))
    CHECK.same([f for f in findings if f["severity"] in ("error", "fatal")], [], "check accepts " + what)
    with open(pipeline, encoding="utf-8") as file:
        return file.read()


def gross_of(bench, pipeline):
    """(name of the city, gross tonnes of all townships, their zones) of a run of the command."""
    out = os.path.join(os.path.dirname(pipeline), "r")
    bench.cli("run", pipeline, "--out", out, "--no-maps", "--quiet")
    name = json.loads(bench.cli("layers", out, "--format", "json"))["name"]
    found = zones(out, name)
    return sum(z[1] for z in found), {z[4] for z in found}, found


def cover_raster(bench, path, codes, crs="EPSG:4549", cells=90):
    """A land-cover raster over the whole city and beyond, in blocks of the codes."""
    from osgeo import gdal, osr
    from qgis.core import QgsCoordinateTransform

    box = bench.layers[1].extent()
    target = QgsCoordinateReferenceSystem(crs)
    box = QgsCoordinateTransform(bench.layers[1].crs(), target, QgsProject.instance()).transformBoundingBox(box)
    box.scale(1.1)
    cell = max(box.width(), box.height()) / cells
    made = gdal.GetDriverByName("GTiff").Create(path, cells, cells, 1, gdal.GDT_Byte)
    made.SetGeoTransform((box.xMinimum(), cell, 0, box.yMaximum(), 0, -cell))
    system = osr.SpatialReference()
    system.ImportFromEPSG(int(crs.split(":")[1]))
    made.SetProjection(system.ExportToWkt())
    band = made.GetRasterBand(1)
    band.SetNoDataValue(0)
    for row in range(cells):
        values = bytes(codes[(column // 4 + 3 * (row // 5)) % len(codes)] for column in range(cells))
        band.WriteRaster(0, row, cells, 1, values)
    made = band = None
    return path


def land_cover(bench):
    """Land cover instead of parcels: shipped schemes and a table of codes of one's own, in metres and in degrees."""
    bench.layers = bench.layers or layers_of_city(bench)
    base = dialog(bench, "cover 覆盖")
    base.update(PARCELS=None, LAND_USE=None, PARCEL_ID=None)
    world = cover_raster(bench, bench.path("worldcover 覆盖.tif"), [10, 40, 50, 80, 30, 50])
    told = bench.refused("newcity", {**base, "LAND_COVER": world})
    CHECK.that("values of the land-cover raster" in told, "a raster under codes of a survey is told: %s" % told)
    CHECK.that("not both" in bench.refused("newcity", {**base, "LAND_COVER": world, "PARCELS": bench.layers[0]}), "land twice is told")
    CHECK.that("Choose the layer" in bench.refused("newcity", base), "no land is told")
    CHECK.that(not os.path.exists(base["FOLDER"]), "nothing is written then")
    done = bench.run("newcity", {**base, "LAND_COVER": world, "SCHEME": 6, "RUN": True})
    text = accepted(bench, done["PIPELINE"], "land cover")
    CHECK.that('scheme = "worldcover"' in text and 'border = "clip"' in text and "land_use" not in text, "land cover:\n" + text[:900])
    name = json.loads(bench.cli("layers", done["RUN_DIR"], "--format", "json"))["name"]
    gross, kinds, by_command = gross_of(bench, done["PIPELINE"])
    CHECK.same(zones(done["RUN_DIR"], name), by_command, "values of land cover")
    CHECK.that(abs(gross / 1e4 - 24027.97) < 1e-6 * 24027.97, "the totals arrive on land cover: %r" % gross)
    CHECK.that(len(kinds) > 2, "zones of land cover: %s" % kinds)
    degrees = cover_raster(bench, bench.path("clcd.tif"), [1, 2, 5, 8], "EPSG:4326")
    done = bench.run("newcity", {**base, "LAND_COVER": degrees, "SCHEME": 7, "FOLDER": bench.path("clcd")})
    text = accepted(bench, done["PIPELINE"], "land cover in degrees")
    CHECK.that('crs = "EPSG:4549"' in text, "the working CRS is that of the townships:\n" + text[:300])
    CHECK.that(abs(gross_of(bench, done["PIPELINE"])[0] / 1e4 - 24027.97) < 1e-6 * 24027.97, "the totals arrive from degrees")
    own = bench.path("codes 编码.csv")
    with open(own, "w", encoding="gb18030") as file:
        file.write("# 编码\ncode,space_type,sink_type\n1,cultivated_garden,crops\n2,forest,forest\n5,water,water\n8,industrial,none\n")
    done = bench.run("newcity", {**base, "LAND_COVER": degrees, "OWN_SCHEME": own, "FOLDER": bench.path("own")})
    text = accepted(bench, done["PIPELINE"], "a table of codes")
    CHECK.that('land = ["industrial"]' in text and "codes 编码.csv" in text, "codes of one's own:\n" + text)
    with open(own, "w", encoding="utf-8") as file:
        file.write("code,space_type\n1,meadow\n")
    told = bench.refused("newcity", {**base, "LAND_COVER": degrees, "OWN_SCHEME": own, "FOLDER": bench.path("own")})
    CHECK.that("no space type for Industry" in told, "a table without land for a sector is told: %s" % told)
    with open(own, "w", encoding="utf-8") as file:
        file.write("a,b\n1,2\n")
    told = bench.refused("newcity", {**base, "LAND_COVER": degrees, "OWN_SCHEME": own, "FOLDER": bench.path("own")})
    CHECK.that("code and space_type" in told, "a table of something else is told: %s" % told)


def yearbook(bench):
    """Totals from a yearbook: what the engine computes from it is placed to the tonne; its findings come back in words."""
    bench.layers = bench.layers or layers_of_city(bench)
    base = {k: v for k, v in dialog(bench, "yearbook 年鉴").items() if k not in SECTORS}
    base.update(ROADS=bench.layers[5], ROAD_CLASS="fclass")
    book = os.path.join(HERE, "fixtures", "suzhou", "yearbook.csv")
    done = bench.run("newcity", {**base, "YEARBOOK": book, "RUN": True})
    text = accepted(bench, done["PIPELINE"], "a yearbook")
    said = "\n".join(bench.feedback.lines)
    CHECK.that("Industry: manufacturing: " in said and " t CO2e" in said, "the totals are told")
    CHECK.that("[[inventory.totals]]" not in text and "[inventory.activity]" in text, "no typed totals beside a yearbook")
    CHECK.that("without" not in text and "skip" not in text, "nothing is left out unasked:\n" + text)
    CHECK.same(sorted(os.listdir(base["FOLDER"])), ["layers.gpkg", "out", "pipeline.toml", "table_numbers.csv"], "no draft stays")
    computed = bench.path("inventory.json")
    bench.cli("inventory", done["PIPELINE"], "--export", computed)
    with open(computed, encoding="utf-8") as file:
        budgets = json.load(file)["budgets"]
    with open(os.path.join(done["RUN_DIR"], "run.json"), encoding="utf-8") as file:
        record = json.load(file)
    placed = {rule["id"]: rule["budget_t"] for rule in record["rules"]}
    wanted = {"%s_%s" % (b["sector"], b["land_group"]): b["amount_t"] for b in budgets}
    CHECK.same(placed, wanted, "every computed total is placed by its rule")
    gross = sum(b["amount_t"] for b in budgets if b["sector"] != "sink")
    name = record["name"]
    CHECK.that(abs(sum(z[1] for z in zones(done["RUN_DIR"], name)) - gross) < 1e-6 * gross, "the computed totals arrive")
    # The same file with rows that are no activity, without a sector, and of another year.
    with open(book, encoding="utf-8") as file:
        rows_of_book = file.read().splitlines()
    odd = bench.path("other book.csv")
    with open(odd, "w", encoding="utf-8") as file:
        file.write("\n".join(row for row in rows_of_book if not row.startswith("废弃物")) + "\n,,城市书店数量,个,15,,\n")
    told = bench.refused("newcity", {**base, "YEARBOOK": odd, "FOLDER": bench.path("odd")})
    CHECK.that("城市书店数量" in told, "an unknown row is told: %s" % told[:400])
    CHECK.that(not os.path.exists(bench.path("odd", "pipeline.toml")), "no pipeline file of a yearbook that cannot be read")
    told = bench.refused("newcity", {**base, "YEARBOOK": odd, "YEARBOOK_SKIP": True, "FOLDER": bench.path("odd")})
    CHECK.that("no activity data for waste" in told, "a sector without rows is told: %s" % told[:400])
    done = bench.run("newcity", {**base, "YEARBOOK": odd, "YEARBOOK_SKIP": True, "WITHOUT": [4], "FOLDER": bench.path("odd")})
    text = accepted(bench, done["PIPELINE"], "a yearbook with other rows")
    CHECK.that('without = ["waste"]' in text and 'unknown = "skip"' in text, "what is left out is written:\n" + text)
    CHECK.that("not both" in bench.refused("newcity", {**base, "YEARBOOK": book, "SINK": 5.0}), "totals beside a yearbook are told")
    told = bench.refused("newcity", {**base, "YEARBOOK": os.path.join(HERE, "LICENSE")})
    CHECK.that("is no table" in told, "another file is told: %s" % told)
    told = bench.refused("newcity", {**base, "YEARBOOK": bench.path("gone.xlsx")})
    CHECK.that("is not there" in told, "a file that is gone is told: %s" % told)
    told = bench.refused("newcity", {**base, "YEARBOOK": book, "FOLDER": os.path.join(book, "below a file")})
    CHECK.that("cannot be read or written" in told and "Traceback" not in told, "a folder that cannot be is told: %s" % told[-300:])
    # Land cover has no homes, shops or roads of its own: what is built carries them all.
    cover = cover_raster(bench, bench.path("built.tif"), [10, 40, 50, 80, 30, 50])
    land = {"PARCELS": None, "LAND_USE": None, "PARCEL_ID": None, "LAND_COVER": cover, "SCHEME": 6, "FOLDER": bench.path("both 皆有")}
    done = bench.run("newcity", {**base, **land, "YEARBOOK": book})
    accepted(bench, done["PIPELINE"], "a yearbook on land cover")
    # A pipeline file that somebody edited is kept.
    with open(done["PIPELINE"], "a", encoding="utf-8") as file:
        file.write("# mine\n")
    for _ in range(2):
        bench.run("newcity", {**base, **land, "YEARBOOK": book})
    kept = [f for f in os.listdir(land["FOLDER"]) if f.startswith("pipeline")]
    CHECK.same(sorted(kept), ["pipeline.earlier.toml", "pipeline.toml"], "an edited pipeline file is kept once")


def one_axis(bench):
    """A city without GDP, one without sinks, and GDP in euro."""
    bench.layers = bench.layers or layers_of_city(bench)
    base = dialog(bench, "no gdp")
    without_gdp = {**base, "STATS_GDP": None, "AXES": 2}
    done = bench.run("newcity", without_gdp)
    accepted(bench, done["PIPELINE"], "a city without GDP")
    kinds = gross_of(bench, done["PIPELINE"])[1]
    CHECK.that(all(k.startswith("esc_") for k in kinds), "zones by sinks alone: %s" % kinds)
    done = bench.run("newcity", {**base, "SINK": None, "AXES": 1, "GDP_UNIT": "1e6 EUR", "FOLDER": bench.path("no sinks")})
    text = accepted(bench, done["PIPELINE"], "a city without sinks")
    CHECK.that('gdp_unit = "1e6 EUR"' in text and "1e4cny" not in text, "GDP in euro:\n" + text)
    kinds = gross_of(bench, done["PIPELINE"])[1]
    CHECK.that(all(k.startswith("ecc_") for k in kinds), "zones by GDP alone: %s" % kinds)


def new_city(bench):
    """The dialog's pipeline passes check as it is; plain files, memory, filters and degrees give the same values."""
    bench.layers = bench.layers or layers_of_city(bench)
    gpkg = lambda name: QgsVectorLayer("%s/%s.gpkg|layername=%s" % (bench.city, name, name), name, "ogr")
    parcels, towns, _, _, people, _ = bench.layers
    base = dialog(bench, "")
    folder = bench.path("city 城市")
    done = bench.run("newcity", {**base, "FOLDER": folder, "RUN": True})
    CHECK.same(done["PIPELINE"], os.path.join(folder, "pipeline.toml"), "place of the pipeline file")
    findings = json.loads(bench.cli("check", done["PIPELINE"], "--format", "json"))
    CHECK.same([f for f in findings if f["severity"] in ("error", "fatal")], [], "check accepts the pipeline file")
    with open(done["PIPELINE"], encoding="utf-8") as file:
        text = file.read()
    CHECK.that("parcels.gpkg" in text and '"layers.gpkg", layer = "poi", crs = "GCJ-02"' in text, "files are named, others written out:\n" + text[:1200])
    name = json.loads(bench.cli("layers", done["RUN_DIR"], "--format", "json"))["name"]
    plain = zones(done["RUN_DIR"], name)
    CHECK.same(len(plain), 97, "townships")
    total = sum(z[1] for z in plain) / 1e4
    CHECK.that(abs(total - 24027.97) < 1e-6 * total, "the totals arrive: %r" % total)
    CHECK.that(os.path.isfile(done["PROJECT"]), "a map")
    # The same in memory.
    memory = {"PARCELS": copy_in_memory(parcels, "MultiPolygon"), "ZONES": copy_in_memory(towns, "MultiPolygon")}
    QgsProject.instance().addMapLayers(list(memory.values()))
    same_values(bench, {**base, **memory, "FOLDER": bench.path("memory")}, plain, name, "layers in memory")
    # A filter keeps what it keeps, a selection too.
    filtered = gpkg("townships")
    keep = "\"district\" = '%s'" % next(towns.getFeatures())["district"]
    filtered.setSubsetString(keep)
    wanted = filtered.featureCount()
    QgsProject.instance().addMapLayer(filtered)
    some = bench.run("newcity", {**base, "ZONES": filtered, "STATS": None, "STATS_KEY": None, "STATS_POPULATION": None,
                                 "STATS_GDP": None, "ZONE_GDP": "fid", "FOLDER": bench.path("filtered"), "RUN": False})
    CHECK.same(len(rows(bench.path("filtered", "layers.gpkg"), "zones", ["id"])), wanted, "townships under a filter")
    with open(bench.path("filtered", "zone_numbers.csv"), encoding="utf-8") as file:
        CHECK.same(len(file.readlines()), wanted + 1, "rows of their numbers")
    towns.selectByExpression(keep)
    chosen = QgsProcessingFeatureSourceDefinition(towns.id(), True)
    bench.run("newcity", {**base, "ZONES": chosen, "FOLDER": bench.path("chosen"), "RUN": False})
    CHECK.same(len(rows(bench.path("chosen", "layers.gpkg"), "zones", ["id"])), wanted, "townships of a selection")
    # In degrees: written out, and the working CRS is found by place.
    import processing

    degrees = processing.run("native:reprojectlayer", {"INPUT": parcels, "TARGET_CRS": "EPSG:4490", "OUTPUT": "memory:"})["OUTPUT"]
    path = bench.path("degrees.gpkg")
    degrees = processing.run("native:savefeatures", {"INPUT": degrees, "OUTPUT": path})["OUTPUT"]
    layer = QgsVectorLayer(path, "degrees", "ogr")
    QgsProject.instance().addMapLayer(layer)
    done = bench.run("newcity", {**base, "PARCELS": layer, "FOLDER": bench.path("in degrees"), "RUN": False})
    with open(done["PIPELINE"], encoding="utf-8") as file:
        text = file.read()
    CHECK.that('crs = "EPSG:4549"' in text and '"layers.gpkg", layer = "parcels"' in text, "degrees are written out, the zone is found:\n" + text[:600])
    bench.cli("run", done["PIPELINE"], "--out", bench.path("in degrees", "r"), "--no-maps", "--quiet")
    near = zones(bench.path("in degrees", "r"), name)
    CHECK.that(all(abs(a[1] - b[1]) <= 1e-4 * max(a[1], 1e3) for a, b in zip(near, plain)), "values from degrees are near")
    # People as a raster.
    extent = "%f,%f,%f,%f [EPSG:4549]" % (lambda e: (e.xMinimum(), e.xMaximum(), e.yMinimum(), e.yMaximum()))(towns.extent())
    raster = processing.run("native:createconstantrasterlayer", {"EXTENT": extent, "TARGET_CRS": "EPSG:4549", "PIXEL_SIZE": 1000,
                            "NUMBER": 40, "OUTPUT": bench.path("people 人口.tif")})["OUTPUT"]
    people_raster = {**base, "PEOPLE": None, "PEOPLE_FIELDS": [], "PEOPLE_RASTER": raster, "FOLDER": bench.path("raster")}
    done = bench.run("newcity", {**people_raster, "RUN": False})
    with open(done["PIPELINE"], encoding="utf-8") as file:
        text = file.read()
    CHECK.that('kind = "raster"' in text and 'proxies = ["population", "area"]' in text, "people of a raster:\n" + text[:1500])
    findings = json.loads(bench.cli("check", done["PIPELINE"], "--format", "json"))
    CHECK.same([f for f in findings if f["severity"] in ("error", "fatal")], [], "check accepts people of a raster")
    CHECK.that("not both" in bench.refused("newcity", {**people_raster, "PEOPLE": people}), "people twice are told")
    # A table by names of townships.
    by_name = {**base, "STATS_KEY": "name", "STATS_ON": 1, "FOLDER": bench.path("by name")}
    same_values(bench, by_name, plain, name, "a table by names")
    CHECK.that("name" in bench.refused("newcity", {**by_name, "ZONE_NAME": None}), "names without a field are told")
    told = bench.refused("newcity", {**base, "ZONE_ID": "district", "RUN": True, "FOLDER": bench.path("twice")})
    CHECK.that(" × " in told and told.count("the id occurs more than once (merge") <= 100, "what is said often is said once: %s" % told[:300])
    CHECK.that("number of people" in bench.refused("newcity", {**base, "PEOPLE_FIELDS": [], "FOLDER": bench.path("none")}), "people without a field are told")
    # What is missing is said before anything is written.
    CHECK.that("total" in bench.refused("newcity", {k: v for k, v in {**base, "FOLDER": bench.path("none")}.items() if k not in SECTORS}), "no total is told")
    CHECK.that("sink" in bench.refused("newcity", {k: v for k, v in {**base, "FOLDER": bench.path("none")}.items() if k != "SINK"}), "no sink is told")
    CHECK.that("GDP" in bench.refused("newcity", {**base, "STATS_GDP": None, "FOLDER": bench.path("none")}), "no GDP is told")
    CHECK.that(not os.path.exists(bench.path("none")), "nothing is written then")


SECTORS = ("INDUSTRY", "BUILDINGS", "TRANSPORT", "AGRICULTURE", "WASTE", "SINK")


def same_values(bench, parameters, wanted, name, what):
    done = bench.run("newcity", {**parameters, "RUN": False})
    out = os.path.join(os.path.dirname(done["PIPELINE"]), "r")
    bench.cli("run", done["PIPELINE"], "--out", out, "--no-maps", "--quiet")
    CHECK.same(zones(out, name), wanted, what)


def cancel(bench):
    """Cancel stops the engine within seconds; nothing is written and no program stays."""
    out = bench.path("cancelled")
    began = time.time()
    reason = bench.refused("run", {"PIPELINE": bench.pipeline, "OUTPUT": out}, Quiet(cancel_at="images"))
    CHECK.that("cancelled" in reason, "cancel is told: %s" % reason[:200])
    CHECK.that(not os.path.exists(out), "nothing is written after cancel")
    CHECK.that(time.time() - began < 60, "cancel takes %.0f s" % (time.time() - began))
    CHECK.same(programs_with(out), [], "programs left after cancel")


def programs_with(text):
    """Running programs with a text in their command line."""
    found = []
    for pid in (p for p in os.listdir("/proc") if p.isdigit()):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                if text.encode() in file.read():
                    found.append(pid)
        except OSError:
            continue
    return found


def plugin_gui(bench):
    """Toolbar, menu, dock and map tool with a stand-in of the main window."""
    from qgis.gui import QgsMapCanvas, QgsMessageBar
    from qgis.PyQt.QtWidgets import QMainWindow
    from carbonzone import classFactory

    class Face:
        def __init__(self):
            self.window, self.canvas, self.bar, self.menu = QMainWindow(), QgsMapCanvas(), QgsMessageBar(), []

        mainWindow = lambda self: self.window
        mapCanvas = lambda self: self.canvas
        messageBar = lambda self: self.bar
        activeLayer = lambda self: None
        addToolBar = lambda self, name: self.window.addToolBar(name)
        addPluginToMenu = lambda self, menu, action: self.menu.append(action)
        removePluginMenu = lambda self, menu, action: self.menu.remove(action)
        addDockWidget = lambda self, area, dock: self.window.addDockWidget(area, dock)
        removeDockWidget = lambda self, dock: self.window.removeDockWidget(dock)

    face = Face()
    plugin = classFactory(face)
    registry = QgsApplication.processingRegistry()
    registry.removeProvider("carbonzone")
    plugin.initGui()
    CHECK.that(registry.providerById("carbonzone") is not None and len(face.menu) == 9, "menu %d" % len(face.menu))
    of_run = lambda layer: layer.customProperty("carbonzone/run_dir") and isinstance(layer, QgsVectorLayer)
    layer = [l for l in QgsProject.instance().mapLayers().values() if of_run(l)][0]
    face.canvas.setDestinationCrs(layer.crs())
    zones_layer = QgsVectorLayer(layer.source().split("|")[0] + "|layername=townships", "z", "ogr")
    feature = next(zones_layer.getFeatures())
    plugin.tool_action.trigger()
    plugin.clicked(feature.geometry().pointOnSurface().asPoint())
    CHECK.that(plugin.dock is not None and str(feature["name"]) in plugin.dock.widget().toPlainText(), "the dock shows the fact sheet")
    asks_for_an_engine(bench, plugin, face)
    plugin.unload()
    CHECK.that(registry.providerById("carbonzone") is None and not face.menu, "unload takes everything away")


def asks_for_an_engine(bench, plugin, face):
    """Without an engine no dialog opens; a message says so, with a button that mends it."""
    from carbonzone import engine
    from qgis.PyQt.QtWidgets import QPushButton

    settings, path = QgsSettings(), os.environ["PATH"]
    chosen = settings.value(engine.SETTING)
    settings.remove(engine.SETTING)
    os.environ["PATH"] = bench.path("empty")
    try:
        plugin.open("carbonzone:newcity")
    finally:
        os.environ["PATH"] = path
        settings.setValue(engine.SETTING, chosen)
    item = face.bar.currentItem()
    buttons = [b.text() for b in item.findChildren(QPushButton)] if item else []
    CHECK.that(item is not None and "was not found" in item.text() and "Choose engine…" in buttons, "the engine is asked for: %s" % buttons)
    CHECK.same(plugin.dialogs, [], "dialogs without an engine")


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    command, city, pipeline, work = (os.path.abspath(a) for a in sys.argv[1:5])
    os.makedirs(work, exist_ok=True)
    app = QgsApplication([], True, work)
    app.initQgis()
    print("QGIS %s" % Qgis.version())
    import processing
    from processing.core.Processing import Processing

    Processing.initialize()
    from carbonzone import engine
    from carbonzone.provider import Provider

    provider = Provider()  # kept: the registry does not keep the Python side
    CHECK.that(app.processingRegistry().addProvider(provider), "the provider is accepted")
    QgsSettings().setValue(engine.SETTING, command)
    bench = Bench(command, city, pipeline, work)
    out = None
    every = (strings, schemes, environment, engines, check, run, explain, compare, confidence, scenario, new_city, land_cover, yearbook,
             one_axis, cancel, plugin_gui)
    for part in (part for part in every if not sys.argv[5:] or part.__name__ in sys.argv[5:]):
        print("== %s" % part.__name__)
        try:
            got = part(bench, out) if part in (explain, compare, confidence) else part(bench)
            out = got or out
        except Exception:
            CHECK.that(False, "%s: %s" % (part.__name__, traceback.format_exc()))
    print("qgis_plugin_check: %s (%d checks, %d failures)" % ("OK" if not CHECK.fails else "FAILED", CHECK.n, len(CHECK.fails)))
    sys.stdout.flush()
    os._exit(1 if CHECK.fails else 0)  # PyQGIS can crash while it is taken down; the verdict is printed


if __name__ == "__main__":
    main()
