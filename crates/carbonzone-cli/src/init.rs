//! `carbonzone init`: a commented starter pipeline.

use crate::args::InitArgs;
use crate::new_file::write_new;
use crate::terminal::print_line;
use anyhow::Context;

const STARTER: &str = include_str!("../data/starter.toml");

/// The command.
pub fn init(args: &InitArgs) -> anyhow::Result<u8> {
    let path = args.dir.join("pipeline.toml");
    std::fs::create_dir_all(&args.dir).with_context(|| format!("cannot create {}", args.dir.display()))?;
    write_new(&path, STARTER.as_bytes())?;
    print_line(&format!(
        "wrote {0}\nput your layers beside it, change the paths and fields, then\n  carbonzone check {0}\n  carbonzone run {0}",
        path.display()
    ));
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
