//! `carbonzone init`: a commented starter pipeline, or one that is guessed from a folder.

use crate::args::InitArgs;
use crate::diagnostics::{Colour, of_file};
use crate::failure::While as _;
use crate::language::{lang, say, sentence, word};
use crate::progress::observer;
use crate::terminal::{print_as, print_line};
use carbonzone::form::is_form;
use carbonzone::init::{Start, Started, has_han, run_name, start};
use carbonzone::new_file::{must_be_new, write_new};
use carbonzone::text_table::{quoted, table};
use carbonzone_report::Lang;
use carbonzone_types::Findings;
use std::fmt::Write as _;
use std::path::Path;

const STARTER: &str = include_str!("../data/starter.toml");
const STARTER_ZH: &str = include_str!("../data/starter_zh.toml");

/// Columns named of a file that are not used.
const COLUMNS_TOLD: usize = 12;

pub fn init(args: &InitArgs) -> crate::failure::Result<u8> {
    let path = args.form.clone().unwrap_or_else(|| args.dir.join("pipeline.toml"));
    if args.form.is_some() && path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("xlsx")) {
        let hint = "the form is a workbook, e.g. city.xlsx";
        return Err(format!("{} is no name of a workbook\nhint: {hint}", path.display()).into());
    }
    must_be_new(&path)?;
    let name = name_of(&args.dir);
    if let Some(folder) = &args.from {
        let given = Start { name: &name, folder, dir: &args.dir, form: args.form.as_deref(), lang: lang() };
        let started = start(&given, observer(args.quiet).as_ref())?;
        print_as(args.format, &started, || render(&started))?;
        // What stays open is asked for; with an error beside it the file runs not even then.
        return Ok(u8::from(Findings { items: started.findings }.blocks()));
    }
    let starter = named(if lang() == Lang::Zh { STARTER_ZH } else { STARTER }, &name);
    let bytes = if args.form.is_some() {
        carbonzone::form::of_text(&starter, (&run_name(&name), &[]), lang())?
    } else {
        std::fs::create_dir_all(&args.dir).doing(|| format!("cannot create {}", args.dir.display()))?;
        starter.as_bytes().to_vec()
    };
    write_new(&path, &bytes)?;
    let (shell, path) = (quoted(&path), path.display());
    let then = format!("  carbonzone check {shell}\n  carbonzone run {shell}");
    let en = format!("wrote {path}\nput your layers beside it, change the paths and fields, then\n{then}");
    let zh = format!("已写出 {path}\n请把图层放在旁边，改好路径和字段，然后\n{then}");
    print_line(&say(&en, &zh));
    Ok(0)
}

/// The name of the city: that of the folder.
fn name_of(dir: &Path) -> String {
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
    absolute.file_name().map_or_else(|| "mycity".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// The starter for a city of this name.
fn named(starter: &str, name: &str) -> String {
    let title = |key: &str, usual: &str| {
        (format!("{key} = \"{usual}\""), format!("{key} = {}", toml::Value::from(name)))
    };
    let (own, other) = if has_han(name) { ("title_zh", "title_en") } else { ("title_en", "title_zh") };
    let usual = |key: &str| if key == "title_zh" { "我的城市" } else { "My City" };
    let (old_title, new_title) = title(own, usual(own));
    let (other_title, _) = title(other, usual(other));
    starter
        .replace("name = \"mycity\"", &format!("name = \"{}\"", run_name(name)))
        .replace(&old_title, &new_title)
        .replace(&format!("{other_title}\n"), "")
}

fn render(started: &Started) -> String {
    let heads = [
        say("what", "用途"),
        say("file", "文件"),
        say("taken", "采用"),
        say("how sure", "把握"),
        say("why", "依据"),
    ];
    let mut rows = table(&heads.each_ref().map(String::as_str));
    for guess in &started.guesses {
        let (role, sure) = (word(&guess.role), word(guess.sure.word()));
        rows.add_row(vec![role, guess.file.clone(), sentence(&guess.taken), sure, sentence(&guess.why)]);
    }
    let mut out = format!("{rows}\n");
    for (file, why) in &started.unread {
        let (file, why) = (file.display(), sentence(why));
        out += &say(&format!("not read: {file}: {why}\n"), &format!("未能读取：{file}：{why}\n"));
    }
    for unused in &started.unused {
        let (file, why) = (&unused.file, sentence(&unused.why));
        let more = unused.columns.len().saturating_sub(COLUMNS_TOLD);
        let mut columns = unused.columns.iter().take(COLUMNS_TOLD).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            columns += &say(&format!(" and {more} more"), &format!(" 等另外 {more} 列"));
        }
        out += &if columns.is_empty() {
            say(&format!("not used: {file}: {why}\n"), &format!("未使用：{file}：{why}\n"))
        } else {
            say(
                &format!("not used: {file}: columns {columns}: {why}\n"),
                &format!("未使用：{file} 的列 {columns}：{why}\n"),
            )
        };
    }
    if !started.findings.is_empty() {
        let findings = Findings { items: started.findings.clone() };
        let _ = writeln!(out, "{}", of_file(&findings, &started.pipeline, Colour::for_stdout()));
    }
    for amount in &started.amounts {
        let _ = writeln!(out, "{}", sentence(amount));
    }
    let (file, open) = (started.pipeline.display(), started.open_totals);
    let shell = quoted(&started.pipeline);
    let then = format!("  carbonzone check {shell}\n  carbonzone run {shell}");
    let (set_en, set_zh) =
        if started.open_sinks { (" and the sink set", "与碳汇系数集") } else { ("", "") };
    let (where_en, where_zh) = if is_form(&started.pipeline) {
        ("fill in the amounts of the sheet totals", "请填写“总量”表的数量")
    } else {
        ("look for OPEN in the file", "请在文件中查找 OPEN")
    };
    let en = format!("wrote {file}\nopen: {open} totals{set_en}; {where_en}, then\n{then}");
    let zh = format!("已写出 {file}\n待填：{open} 项总量{set_zh}；{where_zh}，然后\n{then}");
    out + &say(&en, &zh)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_starter_is_the_same_valid_pipeline_file_in_both_languages() {
        let of = |text| toml::from_str::<carbonzone::config::Pipeline>(text).unwrap();
        let (en, zh) = (of(super::STARTER), of(super::STARTER_ZH));
        assert_eq!(en.city.name, "mycity");
        // NaN is no value of JSON.
        assert_eq!(serde_json::to_value(&en).unwrap(), serde_json::to_value(&zh).unwrap());
    }
}
