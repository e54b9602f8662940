//! A made province of 30 m pixels, to see that a counties study streams: `province DIR [SIDE]`.
//!
//! Writes `land_cover.tif` (SIDE × SIDE pixels, 14,143 for two hundred million), `counties.gpkg` (156 counties that cover it),
//! `activity.csv` and `province.toml` into DIR, and prints its own peak memory. Then:
//! `/usr/bin/time -v carbonzone run DIR/province.toml --out DIR/out`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example talks to its user")]

#[path = "../support/province.rs"]
mod province;

use carbonzone_io::{GeometryKind, LayerSpec, VectorFormat, VectorWriter, WorkingCrs};
use carbonzone_types::{AttributeTable, ColumnData};
use std::fmt::Write as _;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().ok_or("usage: province DIR [SIDE]")?);
    let side: u32 = args.next().map_or(Ok(14_143), |s| s.parse())?;
    std::fs::create_dir_all(&dir)?;
    let (grid, crs) = (province::grid(side), WorkingCrs::parse(province::CRS)?);
    province::write_land_cover(&dir.join("land_cover.tif"), &grid, &crs);
    let zones = province::counties(&grid, 13, 12);
    let ids: Vec<String> = (0..zones.len()).map(|i| format!("c{i:03}")).collect();
    let table = AttributeTable::new().with("id", ColumnData::texts(&ids));
    let spec = LayerSpec::for_table("counties", Some(GeometryKind::Polygon), &crs, &table);
    let mut writer = VectorWriter::create(&dir.join("counties.gpkg"), VectorFormat::GeoPackage, &spec)?;
    writer.polygons(&zones, &table)?;
    writer.finish()?;
    let mut activity = "id,year,people,gdp,energy\n".to_owned();
    for (i, id) in ids.iter().enumerate() {
        let (people, gdp) = (400_000 + 7_000 * i, 1_000_000 + 90_000 * (i % 17));
        writeln!(activity, "{id},2020,{people},{gdp},{}", 0.3 + 0.01 * (i % 40) as f64)?;
    }
    std::fs::write(dir.join("activity.csv"), activity)?;
    let classes: Vec<String> = (1..).zip(province::CLASSES).map(|(v, c)| format!("{v} = \"{c}\"")).collect();
    let toml = format!(
        "study = \"counties\"\n\n[city]\nname = \"province\"\nyears = [2020]\ncrs = \"{}\"\nsynthetic = true\n\n\
         [layers.zones]\nsource = {{ path = \"counties.gpkg\" }}\nkind = \"counties\"\nid = \"id\"\n\n\
         [[layers.land_cover]]\nyear = 2020\npath = \"land_cover.tif\"\n\n\
         [activity]\npath = \"activity.csv\"\nkey = \"id\"\npopulation = \"people\"\ngdp = \"gdp\"\n\
         energy_tce_per_1e4cny = \"energy\"\n\n[sinks]\nclasses = {{ {} }}\n",
        province::CRS,
        classes.join(", ")
    );
    std::fs::write(dir.join("province.toml"), toml)?;
    let peak = province::peak_mb().unwrap_or(0);
    println!("{side} x {side} pixels, {} counties; peak {peak} MB", zones.len());
    Ok(())
}
