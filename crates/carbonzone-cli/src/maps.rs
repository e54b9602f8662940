//! `carbonzone maps`: the maps of a finished run with other options.

use crate::args::{BreaksArg, MapsArgs, PaletteArg, ScaleArg};
use crate::events;
use crate::progress::observer;
use crate::run::command_line;
use crate::terminal::print_line;
use carbonzone::layer_list;
use carbonzone::maps::{lang, language_of, redraw};
use carbonzone::out_dir::{named, read_manifest};
use carbonzone_report::{BreakMethod, ClassScale, Palette, RenderOptions};

/// The command.
pub fn maps(args: &MapsArgs) -> anyhow::Result<u8> {
    let language = match args.lang {
        Some(language) => language.into(),
        None => language_of(&read_manifest(&args.run_dir)?),
    };
    let options = RenderOptions {
        lang: lang(language),
        breaks: match args.breaks {
            BreaksArg::Natural => BreakMethod::Natural,
            BreaksArg::Quantile => BreakMethod::Quantile,
            BreaksArg::Equal => BreakMethod::Equal,
        },
        palette: match args.palette {
            PaletteArg::Standard => Palette::Standard,
            PaletteArg::Viridis => Palette::Viridis,
            PaletteArg::Cividis => Palette::Cividis,
            PaletteArg::Grey => Palette::Grey,
        },
        scale: match args.scale {
            ScaleArg::Auto => ClassScale::Auto,
            ScaleArg::Linear => ClassScale::Linear,
            ScaleArg::Log => ClassScale::Log,
        },
        classes: args.classes,
        parcel_totals: args.parcel_totals,
        dpi: args.dpi,
        ..RenderOptions::default()
    };
    let manifest = redraw(&args.run_dir, &options, &command_line().join(" "), &*observer(args.quiet))?;
    if events::on() {
        events::layers(&layer_list::read(&args.run_dir)?);
    }
    if !args.quiet {
        print_line(&format!(
            "maps of {} written to {}\n  project  {}\n  report   {}\n  figures  {}",
            manifest.title_en,
            args.run_dir.display(),
            named(&args.run_dir, &manifest.name, "qgz").display(),
            args.run_dir.join("report.html").display(),
            args.run_dir.join("figures").display()
        ));
    }
    Ok(0)
}
