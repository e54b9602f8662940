//! Renders everything for a small made-up city: `cargo run -p carbonzone-report --example demo -- OUT_DIR [PARCELS] [en|zh|both] [years]`.

#[path = "../tests/common/mod.rs"]
mod common;

use carbonzone_report::{RenderOptions, render};
use carbonzone_types::NoProgress;
use std::fmt::Write;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let out = PathBuf::from(args.first().map_or("demo_out", String::as_str));
    let parcels = args.get(1).map_or(Ok(2000), |n| n.parse())?;
    let lang = args.get(2).map_or("both", String::as_str).parse()?;
    let years = args.get(3).is_some_and(|a| a == "years");
    let data = if years { common::two_years(parcels) } else { common::city(parcels) };
    let options = RenderOptions { lang, ..RenderOptions::default() };
    let rendered = render(&data, &options, &out, &NoProgress)?;
    std::fs::write(out.join("layer_styles.json"), serde_json::to_string_pretty(&rendered.layer_styles)?)?;
    std::fs::write(out.join("layers.json"), serde_json::to_string(&layers(&data))?)?;
    Ok(())
}

/// Layers as JSON (WKB in hex), so that a script can write the GeoPackage that the project opens.
fn layers(data: &carbonzone_report::MapData) -> serde_json::Value {
    let all = data.parcels.iter().chain(&data.grid).chain([&data.zones]);
    let layer = |l: &carbonzone_report::MapLayer| {
        let hex = |i: usize| {
            l.coverage.wkb(i).iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
        };
        let wkb: Vec<String> = (0..l.coverage.len()).map(hex).collect();
        serde_json::json!({"name": l.name, "wkb": wkb, "table": l.table})
    };
    serde_json::json!(all.map(layer).collect::<Vec<_>>())
}
