//! Where layers come from: files through GDAL, or memory.

use carbonzone_geom::Coverage;
use carbonzone_io::{
    ClassAreas, LineBatch, PointBatch, PolygonLayer, VectorSource, WorkingCrs, ZonalSums, class_areas,
    read_lines, read_points, read_polygons, zonal_sums,
};
use carbonzone_types::{AttributeTable, Checked, Finding, Findings, InputRecord};
use std::collections::BTreeMap;

pub use carbonzone_io::Wanted;

/// What a run reads its layers through: unless something else is said, from files. Everything is given in the working CRS, polygons
/// in canonical order; what cannot be used has no value, with findings that say why.
pub trait Layers: Send + Sync {
    /// A polygon layer.
    fn polygons(&self, wanted: Wanted<'_>) -> Checked<PolygonLayer> {
        read_polygons(wanted)
    }

    /// Points, batch by batch.
    fn points(&self, wanted: Wanted<'_>, sink: &mut dyn FnMut(PointBatch)) -> Checked<InputRecord> {
        read_points(wanted, sink)
    }

    /// Lines, batch by batch.
    fn lines(&self, wanted: Wanted<'_>, sink: &mut dyn FnMut(LineBatch)) -> Checked<InputRecord> {
        read_lines(wanted, sink)
    }

    /// Sums of a raster over polygons.
    fn sums(&self, wanted: Wanted<'_>, polygons: &Coverage) -> Checked<ZonalSums> {
        zonal_sums(wanted, polygons)
    }

    /// Areas of the classes of a raster in polygons.
    fn class_areas(&self, wanted: Wanted<'_>, polygons: &Coverage) -> Checked<ClassAreas> {
        class_areas(wanted, polygons)
    }
}

/// The files that the pipeline file names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files;

impl Layers for Files {}

/// Layers in memory, by their role in the pipeline file (`parcels`, `zones`, `poi`, `population`, `roads`, `point_sources`), in
/// the working CRS. A role that is not there is read from its file.
#[derive(Debug, Clone, Default)]
pub struct MemoryLayers {
    polygons: BTreeMap<String, (Coverage, AttributeTable)>,
    points: BTreeMap<String, PointBatch>,
    lines: BTreeMap<String, LineBatch>,
}

impl MemoryLayers {
    /// Adds polygons: metres in the working CRS, one row of the table each.
    pub fn with_polygons(mut self, role: &str, coverage: Coverage, table: AttributeTable) -> Self {
        self.polygons.insert(role.to_owned(), (coverage, table));
        self
    }

    /// Adds points.
    pub fn with_points(mut self, role: &str, points: PointBatch) -> Self {
        self.points.insert(role.to_owned(), points);
        self
    }

    /// Adds lines.
    pub fn with_lines(mut self, role: &str, lines: LineBatch) -> Self {
        self.lines.insert(role.to_owned(), lines);
        self
    }
}

impl Layers for MemoryLayers {
    fn polygons(&self, wanted: Wanted<'_>) -> Checked<PolygonLayer> {
        let Wanted { source, crs, .. } = wanted;
        let Some((coverage, table)) = self.polygons.get(&source.role) else { return Files.polygons(wanted) };
        Checked::collect(|findings, _| {
            let order = canonical(source, table, findings)?;
            let table = asked_for(source, table, findings)?.reordered(&order);
            let width = order.len().to_string().len();
            let ids = match &source.id {
                Some(field) => table.texts(field)?.into_iter().map(Option::unwrap_or_default).collect(),
                None => (0..order.len()).map(|i| format!("{i:0width$}")).collect(),
            };
            let record = record(source, crs, order.len());
            let coverage = coverage.reordered(&order);
            Some(PolygonLayer {
                far: carbonzone_geom::far_off(&coverage),
                coverage,
                ids,
                table,
                record,
                reprojected: false,
            })
        })
    }

    fn points(&self, wanted: Wanted<'_>, sink: &mut dyn FnMut(PointBatch)) -> Checked<InputRecord> {
        let Wanted { source, crs, .. } = wanted;
        let Some(points) = self.points.get(&source.role) else { return Files.points(wanted, sink) };
        Checked::collect(|findings, _| {
            let table = asked_for(source, &points.table, findings)?;
            sink(PointBatch { table, ..points.clone() });
            Some(record(source, crs, points.xs.len()))
        })
    }

    fn lines(&self, wanted: Wanted<'_>, sink: &mut dyn FnMut(LineBatch)) -> Checked<InputRecord> {
        let Wanted { source, crs, .. } = wanted;
        let Some(lines) = self.lines.get(&source.role) else { return Files.lines(wanted, sink) };
        Checked::collect(|findings, _| {
            let table = asked_for(source, &lines.table, findings)?;
            sink(LineBatch { table, ..lines.clone() });
            Some(record(source, crs, lines.len()))
        })
    }
}

/// Rows by id, each id once; as given without an id field.
fn canonical(source: &VectorSource, table: &AttributeTable, findings: &mut Findings) -> Option<Vec<u32>> {
    let mut order: Vec<u32> = (0..table.rows() as u32).collect();
    let Some(field) = &source.id else { return Some(order) };
    let Some(ids) = table.texts(field) else {
        return findings.refuse(no_field(source, field, table));
    };
    order.sort_by(|a, b| ids[*a as usize].cmp(&ids[*b as usize]));
    let twice = order.windows(2).find(|w| ids[w[0] as usize] == ids[w[1] as usize]);
    let Some(twice) = twice else { return Some(order) };
    let id = ids[twice[0] as usize].clone().unwrap_or_default();
    findings.refuse(
        Finding::error("duplicate_id", "the id occurs more than once")
            .layer(&source.role)
            .field(field)
            .value(id),
    )
}

/// The columns that the pipeline file names.
fn asked_for(
    source: &VectorSource,
    table: &AttributeTable,
    findings: &mut Findings,
) -> Option<AttributeTable> {
    let mut out = AttributeTable::new();
    let mut complete = true;
    if let Some(condition) = &source.filter {
        let message = "a layer in memory is taken as it is: its rows are not chosen by where";
        let finding = Finding::error("bad_filter", message).layer(&source.role).file("(memory)");
        findings.push(finding.field("where").value(condition).hint("choose the rows before the run"));
        complete = false;
    }
    for field in source.id.iter().chain(&source.fields) {
        match table.get(field) {
            Some(_) if out.get(field).is_some() => {}
            Some(data) => out.push(field, data.clone()),
            None => {
                findings.push(no_field(source, field, table));
                complete = false;
            }
        }
    }
    complete.then_some(out)
}

fn no_field(source: &VectorSource, field: &str, table: &AttributeTable) -> Finding {
    let there: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    let finding =
        Finding::error("unknown_field", "no such field").layer(&source.role).file("(memory)").field(field);
    let finding = finding.expected(format!("one of {}", there.join(", ")));
    crate::load_config::suggest(finding, field, there)
}

fn record(source: &VectorSource, crs: &WorkingCrs, features: usize) -> InputRecord {
    InputRecord {
        role: source.role.clone(),
        path: "(memory)".to_owned(),
        features: features as u64,
        crs: crs.definition().to_owned(),
        ..InputRecord::default()
    }
}
