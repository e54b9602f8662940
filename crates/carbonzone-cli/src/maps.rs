//! `carbonzone maps`: the maps of a finished run with other options.

use crate::args::MapsArgs;
use crate::events;
use crate::language::{self, say};
use crate::progress::observer;
use crate::run::command_line;
use crate::terminal::print_line;
use carbonzone::layer_list;
use carbonzone::maps::{lang as label_language, language_of, redraw};
use carbonzone::out_dir::{named, read_manifest};
use carbonzone_report::RenderOptions;

pub fn maps(args: &MapsArgs) -> crate::failure::Result<u8> {
    let lang = match language::asked() {
        Some(lang) => lang,
        None => label_language(language_of(&read_manifest(&args.run_dir)?)),
    };
    let options = RenderOptions {
        lang,
        breaks: args.breaks,
        palette: args.palette,
        scale: args.scale,
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
        let dir = args.run_dir.display();
        let en = format!("maps of {} written to {dir}", manifest.title_en);
        print_line(&format!(
            "{}\n  {}  {}\n  {}  {}\n  {}  {}",
            say(&en, &format!("{}的图件已写入 {dir}", manifest.title_zh)),
            say("project", "工程"),
            named(&args.run_dir, &manifest.name, "qgz").display(),
            say("report ", "报告"),
            args.run_dir.join("report.html").display(),
            say("figures", "图件"),
            args.run_dir.join("figures").display()
        ));
    }
    Ok(0)
}
