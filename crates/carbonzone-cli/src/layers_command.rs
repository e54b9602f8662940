//! `carbonzone layers`: what of a finished run can be loaded into a map.

use crate::args::LayersArgs;
use crate::language::{lang, say};
use crate::terminal::print_as;
use carbonzone::layer_list::{RunLayers, read};
use carbonzone::text_table::table;
use carbonzone_report::Lang;

pub fn layers(args: &LayersArgs) -> crate::failure::Result<u8> {
    let layers = read(&args.run_dir)?;
    print_as(args.format, &layers, || render(&layers))
}

fn render(layers: &RunLayers) -> String {
    let heads = match lang() {
        Lang::Zh => ["分组", "图层", "文件", "表或波段", "样式"],
        _ => ["group", "layer", "file", "table or band", "style"],
    };
    let mut rows = table(&heads);
    for layer in &layers.list.layers {
        let group = layers.list.groups.iter().find(|g| g.key == layer.group);
        rows.add_row(vec![
            group.map_or_else(|| layer.group.clone(), |g| say(&g.name.en, &g.name.zh)),
            say(&layer.name.en, &layer.name.zh),
            layer.file.clone(),
            layer
                .table
                .clone()
                .or(layer.band.map(|b| say(&format!("band {b}"), &format!("波段 {b}"))))
                .unwrap_or_default(),
            layer.style.clone().unwrap_or_default(),
        ]);
    }
    let none = say("none (run with --no-maps)", "无（以 --no-maps 运行）");
    let project = layers.project.clone().unwrap_or(none);
    format!("{rows}\n{}  {project}", say("project", "工程"))
}
