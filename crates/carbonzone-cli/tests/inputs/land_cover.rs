//! A land-cover GeoTIFF as the parcel layer of a whole run.

use crate::assert_mentions;
use crate::common::City;
use carbonzone_io::{ByteBand, WorkingCrs, write_cog_byte};
use carbonzone_types::{GridSpec, Stage};
use std::fs;
use std::path::Path;

const LAYERS: &str = r#"
[layers.parcels]
source = { path = "worldcover.tif" }
scheme = "worldcover"
[layers.zones]
source = { path = "layers/townships.gpkg" }
id = "id"
name = "name"
"#;

fn pipeline() -> String {
    crate::pipeline(
        "cover",
        LAYERS,
        &[("construction", "built", 1000.0), ("sink", "land", 10.0)],
        &[
            ("built", "construction:built", &["built_up"], "area"),
            ("sink", "sink:land", &["forest", "water"], "sink_area"),
        ],
    )
}

/// The townships of the synthetic city on stripes of forest, town and water; a corner has no class.
fn city() -> City {
    let city = City::new();
    let path = city.path("layers/townships.gpkg");
    let (zones, _) = carbonzone_io::read_own_layer(Path::new(&path), "townships").unwrap();
    let grid = GridSpec::covering(zones.total_bounds().unwrap(), 500.0).unwrap();
    let class = |i: u32| {
        let (col, row) = grid.col_row(i);
        if col < 20 && row < 20 { 0 } else { [10u8, 50, 50, 80][(col / 7 + row / 11) as usize % 4] }
    };
    let values = (0..grid.len() as u32).map(class).collect();
    let band = ByteBand { description: "class".to_owned(), values, palette: vec![], categories: vec![] };
    let crs = WorkingCrs::parse("EPSG:4549").unwrap();
    write_cog_byte(Path::new(&city.path("worldcover.tif")), &grid, &crs, &band, &[]).unwrap();
    fs::write(city.path("city.toml"), pipeline()).unwrap();
    city
}

#[test]
fn a_land_cover_raster_is_a_parcel_layer() {
    let city = city();
    let (stdout, stderr) = city.run("out", &[]);
    assert_mentions(&stdout, &["Buildings · 建筑", "balances hold"]);
    assert_mentions(
        &stderr,
        &[
            "warning[land_cover_beyond_zones]",
            "border = \"clip\"",
            "info[land_cover]",
            "connected regions of one class",
            "info[raster_nodata]",
        ],
    );
    let manifest = city.manifest("out");
    assert!(manifest.balances.iter().all(|b| b.relative <= 1e-9));
    let nodata =
        manifest.ledger.iter().find(|r| r.note.contains("no class in the land-cover raster")).unwrap();
    assert_eq!((nodata.stage, nodata.count), (Stage::Drop, Some(400.0)));
    assert!((nodata.amount_m2.unwrap() / (400.0 * 250_000.0) - 1.0).abs() < 1e-9);
    let path = city.path("out/cover.gpkg");
    let (shapes, table) = carbonzone_io::read_own_layer(Path::new(&path), "parcels").unwrap();
    let types = table.texts("space_type").unwrap();
    assert!(["forest", "built_up", "water"].iter().all(|t| types.iter().any(|x| x.as_deref() == Some(*t))));
    let pixels: f64 = shapes.areas_m2().iter().sum::<f64>() / 250_000.0;
    assert!((pixels - pixels.round()).abs() < 1e-6, "whole pixels: {pixels}");
    // The same bits again, and with another number of threads.
    city.run("again", &["--threads", "1"]);
    let csv = |out: &str| fs::read(city.path(&format!("{out}/townships.csv"))).unwrap();
    assert!(csv("out") == csv("again"));
}

#[test]
fn keys_of_a_polygon_layer_are_refused_for_a_raster_and_the_other_way_round() {
    let city = city();
    city.edit("scheme = \"worldcover\"", "scheme = \"worldcover\"\nland_use = \"class\"");
    assert_mentions(
        &city.check(1),
        &["error[raster_has_no_fields]", "land_use", "pixel values are the codes"],
    );
    let city = City::new();
    city.edit("land_use = \"DLBM\"\n", "");
    assert_mentions(&city.check(1), &["error[land_use]", "no field with the land-use code is named"]);
    let city = self::city();
    city.edit("scheme = \"worldcover\"", "scheme = \"clcd\"");
    assert_mentions(&city.check_any(), &["unknown_land_use_code", "\"50\":", "\"80\":"]);
}

#[test]
fn border_clip_cuts_the_regions_at_the_zones() {
    let city = city();
    city.run("out", &["--set", "city.border=clip"]);
    let manifest = city.manifest("out");
    for row in manifest.ledger.iter().filter(|r| r.stage == Stage::ZonesOutside) {
        assert!(row.amount_t.unwrap().abs() < 1e-3, "{row:?} of 1,000 t");
    }
}
