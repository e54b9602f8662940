"""Lines of crates/*/src/**/*.rs by feature, at commit 13ca5ed and now (docs/adr/0023): python3 scripts/lines_by_feature.py [REV]

A file belongs to the first group one of whose patterns it matches; a file that no pattern names belongs to what the program could do at
13ca5ed, also where a newer feature made it longer.
"""

import re
import subprocess
import sys

THEN = "13ca5ed"
SINCE = {
    "how sure a class is": """carbonzone-confidence/ carbonzone/src/uncertainty/
        carbonzone/src/studies/\\w+/uncertainty report/src/confidence report/src/quadrant report/src/figure/quadrant
        report/src/style/confidence report/src/html/sure report/src/words/tested synth/src/suzhou/truth/""",
    "plans": """carbonzone/src/scenario/ carbonzone/src/load/plans types/src/scenario
        report/src/html/plans report/src/figure/waterfall""",
    "compensation": "compensation report/src/html/paid",
    "statistics: centre, inequality, LMDI, Tapio, false discovery, neighbours": """carbonzone/src/statistics/ types/src/statistics
        zoning/src/spatial/(centre|discovery|neighbours|normal) zoning/src/(inequality|lmdi|decoupling) geom/src/contiguity
        report/src/style/clusters""",
    "totals of other sources, closing table": """carbonzone/src/reference/ types/src/reference carbonzone/src/closing
        carbonzone/src/proxy_use types/src/closing studies/\\w+/closing""",
    "choices tried one by one": "sensitivity",
    "init from a folder": "carbonzone/src/init/",
    "the workbook form": "carbonzone/src/form/",
    "Chinese of messages": "report/src/chinese cli/src/(language|help)",
    "measures, guidance, meanings, glossary": """zoning/src/(guidance|measures|meaning) report/src/(measures|assumptions|names)
        report/src/html/(decide|glossary) carbonzone/src/(measures|decisions)""",
    "fact sheets": "carbonzone/src/sheets report/src/html/sheets cli/src/sheets",
    "the page of a comparison": "carbonzone/src/compare_report report/src/html/comparison",
    "parts of a city, a province, Python": """carbonzone-scale/ carbonzone-py/ carbonzone/src/partition cli/src/partition
        carbonzone/src/synth/cities""",
    "runs from memory": "carbonzone/src/layers",
    "zones by one index, money in any currency, land over parcels": """zoning/src/one_axis types/src/money
        carbonzone/src/load/land_over carbonzone/src/load/(codes|land_codes)""",
    "the QGIS plugin and the project for planners": """cli/src/(events|layers_command) carbonzone/src/layer_list
        report/src/qgis/(list|borders|fields|frame|graticule)""",
    "the output folder is exchanged whole": "carbonzone/src/exchange/",
    "faults of the pipeline file, all in one round": """carbonzone/src/pipeline_(lines|values|words) carbonzone/src/check_ranges
        carbonzone/src/(names|find_unit|new_file) types/src/(redact|limits|plain_file)""",
    "faults of tables and workbooks": """sheet/src/(column|csv_lines|formula|join|\\w+_facts|workbook_guard|workbook_watch|xls_container|xlsx_write)
        carbonzone/src/load/(totals_row|units|zone_tables|plausible) inventory/src/(complete|reliance)""",
    "faults of layers and rasters": """io/src/(charset_guess|chosen_rows|common_ground|coordinate_text|csv_header|csv_layer|datum|dbf|describe
        |file_check|gauss_kruger|geoarrow|json_keys|json_lines|layer_crs|locate|neighbours|point_feed|raster_band|repeated|selection
        |workbook_points|cut|centre) geom/src/(coincidence|defect|far_off|line_sharing|ring_relations)
        carbonzone/src/load/(apart|chosen_rows|far_off|parcel_areas|people_density|people_numbers|people_repeats|poi_codes|straight)
        carbonzone/src/few_points spatialize/src/(category_words|surrogate/people) sheet/src/amounts""",
}


def git(*words):
    return subprocess.run(["git", *words], capture_output=True, check=True).stdout


def lines(rev):
    files = git("ls-tree", "-r", "--name-only", rev, "crates").decode().split("\n")
    files = [f for f in files if re.match(r"crates/[^/]+/src/.*\.rs$", f)]
    return {f: git("show", f"{rev}:{f}").count(b"\n") for f in files}


def group(file):
    for name, patterns in SINCE.items():
        if any(re.search(p, file) for p in re.sub(r"\s+\|", "|", patterns).split()):
            return name
    return None


then, now = lines(THEN), lines(sys.argv[1] if len(sys.argv) > 1 else "HEAD")
old = {f for f in now if f in then or group(f) is None}
print("| | at 13ca5ed | now |\n|---|---:|---:|")
crates = sorted({f.split("/")[1] for f in then} | {f.split("/")[1] for f in old})
for crate in crates:
    a, b = (sum(n for f, n in t.items() if f.split("/")[1] == crate and f in keep) for t, keep in ((then, then), (now, old)))
    print(f"| `{crate}` | {a:,} | {b:,} |")
print(f"| **what the program could do at 13ca5ed** | **{sum(then.values()):,}** | **{sum(now[f] for f in old):,}** |")
for name in SINCE:
    print(f"| {name} | | {sum(n for f, n in now.items() if f not in old and group(f) == name):,} |")
print(f"| **all** | **{sum(then.values()):,}** | **{sum(now.values()):,}** |")
