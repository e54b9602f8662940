//! The small city in every format that is read: four pipeline files, each with other formats.

use crate::workbooks::{Part, n, ods, row, s, xlsx};
use carbonzone_geom::Coverage;
use carbonzone_io::{
    FieldType, FloatBand, GeometryKind, LayerSpec, LineBatch, VectorFormat, VectorWriter, WorkingCrs,
    write_cog, write_flatgeobuf, write_geojson, write_geoparquet,
};
use carbonzone_types::{AttributeTable, ColumnData, GridSpec};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// The CRS of all files.
const CRS: &str = "EPSG:4549";
const X: f64 = 500_000.0;
const Y: f64 = 3_460_000.0;

/// A pipeline file and the files that it reads.
pub struct Pipeline {
    pub toml: &'static str,
    pub files: &'static [&'static str],
}

pub const PIPELINES: [Pipeline; 4] = [
    Pipeline {
        toml: "geopackage.toml",
        files: &[
            "geopackage.toml",
            "parcels.gpkg",
            "zones.gpkg",
            "roads.gpkg",
            "poi.csv",
            "people.csv",
            "stats.csv",
        ],
    },
    Pipeline {
        toml: "text.toml",
        files: &[
            "text.toml",
            "parcels.geojson",
            "zones.geojson",
            "roads.kml",
            "people.tif",
            "stats.xlsx",
            "scheme.csv",
            "groups.csv",
        ],
    },
    Pipeline {
        toml: "binary.toml",
        files: &["binary.toml", "parcels.fgb", "zones.parquet", "stats.ods", "poi.csv"],
    },
    Pipeline {
        toml: "shape.toml",
        files: &[
            "shape.toml",
            "parcels.shp",
            "parcels.shx",
            "parcels.dbf",
            "parcels.prj",
            "parcels.cpg",
            "zones.zip",
            "roads.shp",
            "roads.dbf",
            "roads.shx",
            "yearbook.xls",
        ],
    },
];

fn square(x: f64, y: f64, side: f64) -> Vec<[f64; 2]> {
    let (x, y) = (X + x, Y + y);
    vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
}

fn parcels() -> (Coverage, AttributeTable) {
    let codes = ["ind", "home", "road", "wood", "ind", "home", "road", "wood", "home"];
    let mut coverage = Coverage::new();
    for k in 0..codes.len() {
        let (x, y) = (f64::from(k as u32 % 3) * 200.0, f64::from(k as u32 / 3) * 200.0);
        let mut rings = vec![square(x, y, 200.0)];
        if k == 4 {
            rings.push(square(x + 50.0, y + 50.0, 60.0).into_iter().rev().collect());
        }
        coverage.push_rings(&[rings]);
    }
    let ids: Vec<String> = (1..=codes.len()).map(|k| format!("p{k}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    (
        coverage,
        AttributeTable::new().with("pid", ColumnData::texts(&ids)).with("code", ColumnData::texts(&codes)),
    )
}

fn zones() -> (Coverage, AttributeTable) {
    let mut coverage = Coverage::new();
    coverage.push_rings(&[vec![square(0.0, 0.0, 400.0)]]);
    coverage.push_rings(&[vec![square(400.0, 0.0, 400.0)], vec![square(0.0, 400.0, 300.0)]]);
    let table = AttributeTable::new().with("zid", ColumnData::texts(&["z1", "z2"]));
    (coverage, table.with("zname", ColumnData::texts(&["原煤", "电力"])))
}

fn roads() -> LineBatch {
    let mut batch = LineBatch::default();
    let lines: [&[[f64; 2]]; 3] = [
        &[[0.0, 100.0], [590.0, 130.0]],
        &[[500.0, 20.0], [510.0, 580.0]],
        &[[90.0, 490.0], [300.0, 505.0], [580.0, 480.0]],
    ];
    for (k, line) in lines.iter().enumerate() {
        batch.push(k as u32, line.iter().map(|[x, y]| [X + x, Y + y]));
    }
    batch.table = AttributeTable::new().with("cls", ColumnData::texts(&["prim", "sec", "prim"]));
    batch
}

fn spec(name: &str, geometry: GeometryKind, fields: &[&str]) -> LayerSpec {
    LayerSpec {
        name: name.to_owned(),
        title: String::new(),
        description: String::new(),
        geometry: Some(geometry),
        crs: CRS.to_owned(),
        fields: fields.iter().map(|f| ((*f).to_owned(), FieldType::Text)).collect(),
        encoding: None,
        spatial_index: true,
    }
}

fn polygons(
    path: &Path,
    format: VectorFormat,
    (coverage, table): &(Coverage, AttributeTable),
    fields: &[&str],
) {
    let mut writer =
        VectorWriter::create(path, format, &spec("layer", GeometryKind::Polygon, fields)).unwrap();
    writer.polygons(coverage, table).unwrap();
    writer.finish().unwrap();
}

fn lines(path: &Path, format: VectorFormat) {
    let mut writer =
        VectorWriter::create(path, format, &spec("layer", GeometryKind::Line, &["cls"])).unwrap();
    writer.lines(&roads()).unwrap();
    writer.finish().unwrap();
}

/// Writes all files of the city.
pub fn write(dir: &Path) {
    let at = |name: &str| dir.join(name);
    let crs = WorkingCrs::parse(CRS).unwrap();
    let (parcels, zones) = (parcels(), zones());
    let (of_parcels, of_zones) = (["pid", "code"], ["zid", "zname"]);
    polygons(&at("parcels.gpkg"), VectorFormat::GeoPackage, &parcels, &of_parcels);
    polygons(&at("zones.gpkg"), VectorFormat::GeoPackage, &zones, &of_zones);
    polygons(&at("parcels.shp"), VectorFormat::Shapefile, &parcels, &of_parcels);
    polygons(&at("zones.shp"), VectorFormat::Shapefile, &zones, &of_zones);
    lines(&at("roads.gpkg"), VectorFormat::GeoPackage);
    lines(&at("roads.shp"), VectorFormat::Shapefile);
    write_geojson(&at("parcels.geojson"), &parcels.0, &parcels.1, &crs).unwrap();
    write_geojson(&at("zones.geojson"), &zones.0, &zones.1, &crs).unwrap();
    write_flatgeobuf(&at("parcels.fgb"), &parcels.0, &parcels.1, &crs).unwrap();
    write_geoparquet(&at("zones.parquet"), &zones.0, &zones.1, &crs).unwrap();
    let grid = GridSpec { x_min: X, y_max: Y + 600.0, cell: 100.0, cols: 6, rows: 6 };
    let people = FloatBand { description: "people".to_owned(), values: (0..36).map(f64::from).collect() };
    write_cog(&at("people.tif"), &grid, &crs, &[people], &[]).unwrap();
    zip_shapefile(dir);
    write_tables(dir);
    for pipeline in &PIPELINES {
        fs::write(at(pipeline.toml), toml_of(pipeline.toml)).unwrap();
    }
}

/// The roads in degrees, as KML has them; 1 m is about so much of a degree at the place of the city.
fn roads_kml() -> String {
    let mut placemarks = String::new();
    for (class, line) in [("prim", [[0.0, 100.0], [590.0, 130.0]]), ("sec", [[500.0, 20.0], [510.0, 580.0]])]
    {
        let at = |[x, y]: [f64; 2]| format!("{},{},0", 120.0 + x * 1.049_6e-5, 31.258_36 + y * 9.02e-6);
        let _ = writeln!(
            placemarks,
            "<Placemark><name>{class}</name><LineString><coordinates>{} {}</coordinates></LineString></Placemark>",
            at(line[0]),
            at(line[1])
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Folder><name>roads</name>\n{placemarks}</Folder></Document></kml>\n"
    )
}

fn zip_shapefile(dir: &Path) {
    let mut archive = zip::ZipWriter::new(fs::File::create(dir.join("zones.zip")).unwrap());
    for part in ["shp", "shx", "dbf", "prj", "cpg"] {
        if let Ok(bytes) = fs::read(dir.join(format!("zones.{part}"))) {
            archive.start_file(format!("zones.{part}"), zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(&bytes).unwrap();
        }
    }
    archive.finish().unwrap();
}

fn write_tables(dir: &Path) {
    let points = [(100.0, 100.0), (300.0, 90.0), (320.0, 310.0), (120.0, 310.0), (510.0, 500.0)];
    let mut poi = "k,t,x,y\n".to_owned();
    let mut people = "n,x,y\n".to_owned();
    for (k, (x, y)) in points.iter().enumerate() {
        let kind = ["fac", "stop"][k % 2];
        let _ = writeln!(poi, "i{k},{kind},{},{}", X + x, Y + y);
        let _ = writeln!(people, "{},{},{}", 10 * (k + 1), X + x + 150.0, Y + y);
    }
    let table = [("z1", 100.0, 10.5), ("z2", 200.0, 20.25)];
    let rows: Vec<String> = std::iter::once(row(1, "", &[s("A1", "key"), s("B1", "pop"), s("C1", "gdp")]))
        .chain(table.iter().enumerate().map(|(k, (id, pop, gdp))| {
            let at = |column: &str| format!("{column}{}", k + 2);
            row(k + 2, "", &[s(&at("A"), id), n(&at("B"), *pop), n(&at("C"), *gdp)])
        }))
        .collect();
    let text = |t: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{t}</text:p></table:table-cell>")
    };
    let number = |x: f64| {
        format!(
            "<table:table-cell office:value-type=\"float\" office:value=\"{x}\"><text:p>{x}</text:p></table:table-cell>"
        )
    };
    let ods_row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let ods_rows: String = std::iter::once(ods_row(&[text("key"), text("pop"), text("gdp")]))
        .chain(table.iter().map(|(id, pop, gdp)| ods_row(&[text(id), number(*pop), number(*gdp)])))
        .collect();
    let xls = concat!(env!("CARGO_MANIFEST_DIR"), "/../carbonzone-sheet/tests/data/yearbook.xls");
    let files: [(&str, Vec<u8>); 9] = [
        ("roads.kml", roads_kml().into_bytes()),
        ("poi.csv", poi.into_bytes()),
        ("people.csv", people.into_bytes()),
        ("stats.csv", "key,pop,gdp\nz1,100,10.5\nz2,200,20.25\n".into()),
        (
            "scheme.csv",
            "code,space_type,sink_type\nind,ind,\nhome,home,\nroad,road,\nwood,wood,forest\n".into(),
        ),
        ("groups.csv", "code,group,mode\nfac,industry,\nstop,traffic,road\n".into()),
        ("stats.xlsx", xlsx(&[Part::new("2020", &rows)], "")),
        ("stats.ods", ods(&ods_rows)),
        ("yearbook.xls", fs::read(xls).unwrap()),
    ];
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).unwrap();
    }
}

fn toml_of(name: &str) -> String {
    let crs = format!("crs = \"{CRS}\"");
    let stats = |file: &str| {
        format!(
            "[[layers.zones.tables]]\npath = \"{file}\"\nkey = \"key\"\npopulation = \"pop\"\ngdp = \"gdp\"\n"
        )
    };
    let poi = format!(
        "[layers.poi]\nsource = {{ path = \"poi.csv\", {crs} }}\nid = \"k\"\ntype = \"t\"\ngroups = \"groups.csv\"\nsnap_m = 50\n"
    );
    let roads = |source: &str, class: &str| {
        format!(
            "[layers.roads]\nsource = {{ path = \"{source}\" }}\nclass = \"{class}\"\nmodes = {{ prim = \"road\", sec = \"road\" }}\nassignment = \"nearest\"\nsnap_m = 30\n"
        )
    };
    let points = format!(
        "[layers.population]\nsource = {{ path = \"people.csv\", {crs} }}\nweight = [\"n\"]\nsnap_m = 20\n"
    );
    let (parcels, zones, table, more) = match name {
        "geopackage.toml" => {
            ("parcels.gpkg", "zones.gpkg", stats("stats.csv"), poi + &points + &roads("roads.gpkg", "cls"))
        }
        "text.toml" => {
            let raster = "[layers.population]\nsource = { path = \"people.tif\" }\nkind = \"raster\"\n";
            (
                "parcels.geojson",
                "zones.geojson",
                stats("stats.xlsx"),
                poi + raster + &roads("roads.kml", "Name"),
            )
        }
        "binary.toml" => (
            "parcels.fgb",
            "zones.parquet",
            stats("stats.ods"),
            poi + "[layers.population]\nkind = \"zones\"\n",
        ),
        _ => {
            let table = "[[layers.zones.tables]]\npath = \"yearbook.xls\"\nkey = \"指标\"\non = \"name\"\ngdp = \"2020年\"\n";
            ("parcels.shp", "zones.zip", table.to_owned(), points + &roads("roads.shp", "cls"))
        }
    };
    let industry = if more.contains("[layers.poi]") { "\"poi:industry\", " } else { "" };
    let road = if more.contains("[layers.roads]") { "\"road_corrected\", " } else { "" };
    format!(
        r#"[city]
name = "tiny"
year = 2020
{crs}
[layers.parcels]
source = {{ path = "{parcels}" }}
id = "pid"
land_use = "code"
scheme = "scheme.csv"
[layers.zones]
source = {{ path = "{zones}" }}
id = "zid"
name = "zname"
{table}{more}[inventory]
unit = "t"
totals = [
  {{ sector = "industry", land_group = "a", amount = 1000.0 }},
  {{ sector = "construction", land_group = "b", amount = 500.0 }},
  {{ sector = "transport", land_group = "c", amount = 200.0 }},
  {{ sector = "sink", land_group = "d", amount = 50.0 }},
]
[[allocate]]
id = "r1"
budget = "industry:a"
land = ["ind"]
proxies = [{industry}"area"]
smoothing = 0.5
[[allocate]]
id = "r2"
budget = "construction:b"
land = ["home"]
proxies = ["population", "area"]
[[allocate]]
id = "r3"
budget = "transport:c"
land = ["road"]
proxies = [{road}"area"]
[[allocate]]
id = "r4"
budget = "sink:d"
land = ["wood"]
proxies = ["area"]
on_missing_class = "unallocated"
[aggregate]
cell_m = 100.0
[outputs]
maps = false
"#
    )
}

/// Coordinates of the city: numbers that stand in its files.
pub fn coordinates() -> Vec<f64> {
    let mut all: Vec<f64> =
        [parcels().0, zones().0].iter().flat_map(|c| c.xs.iter().chain(&c.ys).copied()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}
