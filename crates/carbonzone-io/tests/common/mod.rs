//! Helpers for tests on real files, made in a temporary folder.
#![allow(dead_code, reason = "each test file uses some of them")]

use carbonzone_geom::Coverage;
use carbonzone_io::{
    FieldType, GeometryKind, LayerSpec, LineBatch, PointBatch, PolygonLayer, VectorFormat, VectorSource,
    VectorWriter, Wanted, WorkingCrs, read_lines, read_points, read_polygons,
};
use carbonzone_types::{
    AttributeTable, Checked, ColumnData, Finding, Findings, InputRecord, Ledger, NoProgress, Severity,
};
use std::path::Path;

pub type Ring = Vec<[f64; 2]>;

/// EPSG:4549, the working CRS of Suzhou.
pub fn suzhou() -> WorkingCrs {
    WorkingCrs::parse("EPSG:4549").unwrap()
}

pub fn square(x: f64, y: f64, side: f64) -> Ring {
    vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
}

/// A feature: id, land use, parts of rings.
pub struct Parcel {
    pub id: Option<&'static str>,
    pub use_code: &'static str,
    pub rings: Vec<Vec<Ring>>,
}

pub fn parcel(id: &'static str, rings: Vec<Vec<Ring>>) -> Parcel {
    Parcel { id: Some(id), use_code: "0601", rings }
}

pub fn parcel_spec(crs: &str) -> LayerSpec {
    LayerSpec {
        name: "parcels".to_owned(),
        title: String::new(),
        description: String::new(),
        geometry: Some(GeometryKind::Polygon),
        crs: crs.to_owned(),
        fields: vec![("id".to_owned(), FieldType::Text), ("use".to_owned(), FieldType::Text)],
        encoding: None,
        spatial_index: true,
    }
}

pub fn layer_of(parcels: &[Parcel]) -> (Coverage, AttributeTable) {
    let mut coverage = Coverage::new();
    for parcel in parcels {
        coverage.push_rings(&parcel.rings);
    }
    let table = AttributeTable::new()
        .with("id", ColumnData::Text(parcels.iter().map(|p| p.id.map(str::to_owned)).collect()))
        .with("use", ColumnData::Text(parcels.iter().map(|p| Some(p.use_code.to_owned())).collect()));
    (coverage, table)
}

/// Writes parcels to a file of the format that the extension says.
pub fn write_parcels(path: &Path, crs: &str, parcels: &[Parcel]) {
    let format = match path.extension().and_then(|e| e.to_str()) {
        Some("shp") => VectorFormat::Shapefile,
        Some("fgb") => VectorFormat::FlatGeobuf,
        _ => VectorFormat::GeoPackage,
    };
    let (coverage, table) = layer_of(parcels);
    let mut writer = VectorWriter::create(path, format, &parcel_spec(crs)).unwrap();
    writer.polygons(&coverage, &table).unwrap();
    writer.finish().unwrap();
}

/// Some good parcels in EPSG:4549.
pub fn good_parcels() -> Vec<Parcel> {
    let base = [500_000.0, 3_460_000.0];
    (0..4u8)
        .map(|i| {
            let id = ["a", "b", "c", "d"][usize::from(i)];
            parcel(id, vec![vec![square(base[0] + f64::from(i) * 100.0, base[1], 100.0)]])
        })
        .collect()
}

#[derive(Default)]
pub struct Read<T> {
    pub layer: Option<T>,
    pub findings: Findings,
    pub ledger: Ledger,
}

impl<T> Read<T> {
    /// The finding of that code; fails with the whole list.
    pub fn finding(&self, code: &str) -> &Finding {
        let found = self.findings.items.iter().find(|f| f.code == code);
        found.unwrap_or_else(|| panic!("no finding {code} in {:#?}", self.findings.items))
    }

    pub fn has(&self, code: &str) -> bool {
        self.findings.items.iter().any(|f| f.code == code)
    }

    /// True if there is a layer or an error that says why not.
    pub fn is_told(&self) -> bool {
        self.layer.is_some() || self.findings.blocks()
    }

    /// Fails unless there is nothing worse than a note.
    pub fn assert_clean(&self) {
        assert!(self.findings.worst() <= Some(Severity::Info), "{:#?}", self.findings.items);
    }
}

/// A layer that is wanted; nobody is told how far the reading is.
pub fn wanted<'a>(source: &'a VectorSource, crs: &'a WorkingCrs) -> Wanted<'a> {
    Wanted { source, crs, progress: &NoProgress }
}

pub fn polygons(source: &VectorSource, crs: &WorkingCrs) -> Read<PolygonLayer> {
    let Checked { value: layer, findings, ledger } = read_polygons(wanted(source, crs));
    check_findings(source, &findings);
    Read { layer, findings, ledger }
}

/// Points of all batches joined: coordinates and table rows as text.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Points {
    pub xs: Vec<f64>,
    pub ys: Vec<f64>,
    pub rows: Vec<Vec<Option<String>>>,
    pub record: InputRecord,
}

pub fn points(source: &VectorSource, crs: &WorkingCrs) -> Read<Points> {
    let mut all = Points::default();
    let Checked { value: record, findings, ledger } =
        read_points(wanted(source, crs), &mut |batch: PointBatch| {
            for i in 0..batch.xs.len() {
                all.rows.push(batch.table.columns.iter().map(|c| c.data.text_at(i)).collect());
            }
            all.xs.extend(batch.xs);
            all.ys.extend(batch.ys);
        });
    check_findings(source, &findings);
    let layer = record.map(|record| Points { record, ..all });
    Read { layer, findings, ledger }
}

pub fn lines(source: &VectorSource, crs: &WorkingCrs) -> Read<Vec<LineBatch>> {
    let mut all = Vec::new();
    let Checked { value: record, findings, ledger } =
        read_lines(wanted(source, crs), &mut |batch| all.push(batch));
    check_findings(source, &findings);
    Read { layer: record.map(|_| all), findings, ledger }
}

/// Every finding names its layer and its file.
fn check_findings(source: &VectorSource, findings: &Findings) {
    for finding in &findings.items {
        assert_eq!(finding.layer.as_deref(), Some(source.role.as_str()), "{finding:?}");
        assert_eq!(finding.file, Some(source.shown_path()), "{finding:?}");
        assert!(!finding.message.is_empty());
    }
}
