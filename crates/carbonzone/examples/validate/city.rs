//! The synthetic city as layers in memory, with its truth.

#[path = "../../../carbonzone-synth/tests/gauss_kruger/mod.rs"]
mod gauss_kruger;

use carbonzone::MemoryLayers;
use carbonzone_geom::{Coverage, gcj02::gcj02_to_wgs84};
use carbonzone_io::{LineBatch, PointBatch};
use carbonzone_synth::arrange::crossing;
use carbonzone_synth::shape::Parts;
use carbonzone_synth::suzhou::{SuzhouFacts, SynthOptions, Truth, TruthTap, generate};
use carbonzone_synth::{
    CitySink, ParcelRow, PoiRow, PopulationRow, Projection, RoadRow, SinkError, TownshipRow, TownshipStat,
};
use carbonzone_types::{AttributeTable, ColumnData, NoProgress};
use gauss_kruger::GaussKruger;
use std::collections::{BTreeMap, BTreeSet};

/// Columns by name, rows in the order in which they come.
#[derive(Default)]
struct Texts(BTreeMap<&'static str, Vec<Option<String>>>);

impl Texts {
    fn push(&mut self, column: &'static str, value: &str) {
        self.0.entry(column).or_default().push(Some(value.to_owned()));
    }

    fn table(self) -> AttributeTable {
        self.0.into_iter().fold(AttributeTable::new(), |t, (n, c)| t.with(n, ColumnData::Text(c)))
    }
}

#[derive(Default)]
struct Memory {
    zones: (Coverage, Texts),
    people_of: Vec<Option<f64>>,
    gdp: Vec<Option<f64>>,
    parcels: (Coverage, Texts),
    ids: BTreeSet<String>,
    roads: (LineBatch, Texts),
    poi: (Vec<[f64; 2]>, Texts),
    people: (Vec<[f64; 2]>, Vec<Option<f64>>),
}

/// The city of a seed, and where its tonnes "really" are.
pub fn make(
    parcels: u64,
    seed: u64,
    budgets: BTreeMap<String, f64>,
) -> anyhow::Result<(MemoryLayers, Truth)> {
    let mut memory = Memory::default();
    let facts = SuzhouFacts::builtin()?;
    let plane = GaussKruger::new(120.0);
    let mut tap = TruthTap::new(&facts, seed, budgets.into_iter().collect(), &plane, &mut memory);
    generate(&facts, &SynthOptions { parcels, seed }, &plane, &mut tap, &NoProgress)?;
    let truth = tap.finish()?;
    Ok((memory.layers(&plane)?, truth))
}

impl Memory {
    fn layers(self, plane: &GaussKruger) -> anyhow::Result<MemoryLayers> {
        let points = |mut at: Vec<[f64; 2]>, table: AttributeTable| -> anyhow::Result<PointBatch> {
            plane.to_xy(&mut at)?;
            let (xs, ys) = at.into_iter().map(|[x, y]| (x, y)).unzip();
            Ok(PointBatch { xs, ys, table, features: Vec::new() })
        };
        let zones = self
            .zones
            .1
            .table()
            .with("population", ColumnData::Real(self.people_of))
            .with("gdp_1e4cny", ColumnData::Real(self.gdp));
        let people = AttributeTable::new().with("people_22_06", ColumnData::Real(self.people.1));
        Ok(MemoryLayers::default()
            .with_polygons("zones", self.zones.0, zones)
            .with_polygons("parcels", self.parcels.0, self.parcels.1.table())
            .with_lines("roads", LineBatch { table: self.roads.1.table(), ..self.roads.0 })
            .with_points("poi", points(self.poi.0, self.poi.1.table())?)
            .with_points("population", points(self.people.0, people)?))
    }
}

/// Without the crossing of the bow-tie, which reading from a file would have repaired.
fn untied(parts: &Parts) -> Parts {
    let mut parts = parts.clone();
    if let [rings] = parts.as_mut_slice()
        && let [ring] = rings.as_mut_slice()
        && ring.len() == 5
        && crossing(ring[1], ring[2], ring[3], ring[4]).is_some()
    {
        ring.swap(2, 3);
    }
    parts
}

impl CitySink for Memory {
    fn townships(&mut self, rows: &[TownshipRow]) -> Result<(), SinkError> {
        let (coverage, texts) = &mut self.zones;
        for row in rows {
            coverage.push_rings(&row.parts);
            texts.push("id", &row.id);
            texts.push("name", &row.name_zh);
            texts.push("name_en", &row.name_en);
            texts.push("district", &row.district_zh);
            texts.push("district_en", &row.district_en);
        }
        Ok(())
    }

    fn township_table(&mut self, rows: &[TownshipStat]) -> Result<(), SinkError> {
        self.people_of = rows.iter().map(|r| Some(r.population_persons as f64)).collect();
        self.gdp = rows.iter().map(|r| Some(r.gdp_1e4cny)).collect();
        Ok(())
    }

    fn parcels(&mut self, rows: &[ParcelRow]) -> Result<(), SinkError> {
        let (coverage, texts) = &mut self.parcels;
        for row in rows {
            coverage.push_rings(&untied(&row.parts));
            // One id comes twice on purpose.
            let again = format!("{}#2", row.id);
            let id = if self.ids.insert(row.id.clone()) { &row.id } else { &again };
            texts.push("parcel_id", id);
            texts.push("DLBM", row.code);
            texts.push("DLMC", row.name_zh);
        }
        Ok(())
    }

    fn roads(&mut self, rows: &[RoadRow]) -> Result<(), SinkError> {
        let (lines, texts) = &mut self.roads;
        for row in rows {
            lines.push(lines.len() as u32, row.line.iter().copied());
            texts.push("fclass", row.class);
        }
        Ok(())
    }

    fn pois(&mut self, rows: &[PoiRow]) -> Result<(), SinkError> {
        let (points, texts) = &mut self.poi;
        for row in rows {
            let (lon, lat) = gcj02_to_wgs84(row.lon_gcj02, row.lat_gcj02);
            points.push([lon, lat]);
            texts.push("id", &row.id);
            texts.push("name", &row.name_zh);
            texts.push("typecode", row.typecode);
        }
        Ok(())
    }

    fn population(&mut self, rows: &[PopulationRow]) -> Result<(), SinkError> {
        for row in rows {
            self.people.0.push([row.lon, row.lat]);
            self.people.1.push(Some(row.people_22_06));
        }
        Ok(())
    }
}
