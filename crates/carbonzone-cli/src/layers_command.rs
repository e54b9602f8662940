//! `carbonzone layers`: what of a finished run can be loaded into a map.

use crate::args::{LayersArgs, ListFormat};
use crate::terminal::print_line;
use carbonzone::layer_list::{RunLayers, read};
use carbonzone::text_table::table;

/// The command.
pub fn layers(args: &LayersArgs) -> anyhow::Result<u8> {
    let layers = read(&args.run_dir)?;
    match args.format {
        ListFormat::Json => print_line(&serde_json::to_string_pretty(&layers)?),
        ListFormat::Table => print_line(&render(&layers)),
    }
    Ok(0)
}

fn render(layers: &RunLayers) -> String {
    let mut rows = table(&["group", "layer", "file", "table or band", "style"]);
    for layer in &layers.list.layers {
        let group = layers.list.groups.iter().find(|g| g.key == layer.group);
        rows.add_row(vec![
            group.map_or_else(|| layer.group.clone(), |g| g.name.en.clone()),
            layer.name.en.clone(),
            layer.file.clone(),
            layer.table.clone().or(layer.band.map(|b| format!("band {b}"))).unwrap_or_default(),
            layer.style.clone().unwrap_or_default(),
        ]);
    }
    let project = layers.project.as_deref().unwrap_or("none (run with --no-maps)");
    format!("{rows}\nproject  {project}")
}
