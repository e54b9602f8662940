//! `carbonzone init`: a commented starter pipeline.

use crate::args::InitArgs;
use crate::language::say;
use crate::new_file::write_new;
use crate::terminal::print_line;
use anyhow::Context;

const STARTER: &str = include_str!("../data/starter.toml");

/// The command.
pub fn init(args: &InitArgs) -> anyhow::Result<u8> {
    let path = args.dir.join("pipeline.toml");
    std::fs::create_dir_all(&args.dir).with_context(|| format!("cannot create {}", args.dir.display()))?;
    write_new(&path, STARTER.as_bytes())?;
    let path = path.display();
    let then = format!("  carbonzone check {path}\n  carbonzone run {path}");
    let en = format!("wrote {path}\nput your layers beside it, change the paths and fields, then\n{then}");
    let zh = format!("已写出 {path}\n请把图层放在旁边，改好路径和字段，然后\n{then}");
    print_line(&say(&en, &zh));
    Ok(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_starter_is_a_valid_pipeline_file() {
        let pipeline: carbonzone::config::Pipeline = toml::from_str(super::STARTER).unwrap();
        assert_eq!(pipeline.city.name, "mycity");
    }
}
