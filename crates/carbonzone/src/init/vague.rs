//! Classes of land that a vague word decides: listed with the ground that hangs on them.

use super::draft::{Codes, Draft, Sure};
use super::land::is_vague;
use super::write::LAND_USE_CSV;
use crate::layers::{Files, Layers, Wanted};
use crate::load::vector_source;
use crate::run::Config;
use carbonzone_io::WorkingCrs;
use carbonzone_types::{ExactSum, Progress};
use std::fmt::Write as _;
use std::path::Path;

/// Lists each such class of the parcels of a pipeline file with its polygons and its share of the ground.
pub fn tell(draft: &mut Draft, pipeline: &Path, observer: &dyn Progress) {
    let Some(parcels) = &draft.parcels else { return };
    let Codes::Own(lines) = &parcels.scheme else { return };
    let vague: Vec<[String; 4]> = lines.iter().filter(|line| is_vague(&line[0])).cloned().collect();
    if vague.is_empty() {
        return;
    }
    let ground = ground(draft, pipeline, observer).unwrap_or_default();
    let all = ground.iter().map(|(_, m2)| *m2).collect::<ExactSum>().value();
    for [value, class, sink, count] in vague {
        let of = ground.iter().filter(|(v, _)| v.as_deref() == Some(value.as_str()));
        let m2 = of.map(|(_, m2)| *m2).collect::<ExactSum>().value();
        let mut taken = format!("{value:?} = {class:?}");
        if sink != "none" && !sink.is_empty() {
            let _ = write!(taken, ", sink_type = {sink:?}");
        }
        let why = format!(
            "the word says little of what is there: {count} polygons, {:.2} km², {:.1} % of the ground; look at its line in {LAND_USE_CSV}",
            m2 / 1e6,
            100.0 * m2 / all
        );
        draft.tell("parcels", LAND_USE_CSV, taken, Sure::Guess, why);
    }
}

/// The class and the ground of every parcel, m².
fn ground(draft: &Draft, pipeline: &Path, observer: &dyn Progress) -> Option<Vec<(Option<String>, f64)>> {
    let config = Config::read(pipeline, &[]).value?;
    let loaded = config.parcels()?;
    let crs = WorkingCrs::parse(draft.crs.as_deref()?).ok()?;
    let field = draft.parcels.as_ref().map(|p| &p.land_use)?;
    let mut source = vector_source(loaded, "parcels", &loaded.pipeline.layers.parcels.source);
    source.fields = vec![field.clone()];
    let layer = Files.polygons(Wanted { source: &source, crs: &crs, progress: observer }).value?;
    let classes = layer.table.texts(field)?;
    let areas = layer.coverage.areas_m2();
    Some(classes.into_iter().map(|c| c.map(|c| c.trim().to_owned())).zip(areas).collect())
}
