//! `carbonzone explain`: where a unit's tonnes come from.

use crate::args::ExplainArgs;
use crate::language::lang;
use crate::terminal::print_as;
use carbonzone::explain::{Unit, explain as explain_unit};
use carbonzone::text;

pub fn explain(args: &ExplainArgs) -> crate::failure::Result<u8> {
    let unit = match (&args.unit.parcel, &args.unit.township) {
        (Some(id), _) => Unit::Parcel(id.clone()),
        (None, Some(id)) => Unit::Zone(id.clone()),
        (None, None) => Unit::Cell(args.unit.cell.clone().unwrap_or_default()),
    };
    let explanation = explain_unit(&args.run_dir, &unit, args.year)?;
    print_as(args.format, &explanation, || text::explanation(&explanation, lang()))
}
