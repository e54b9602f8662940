//! `--help` in the language of messages.

use crate::language::{lang, word};
use carbonzone_report::Lang;
use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};

/// The command with its help in the language of messages.
pub fn in_language(command: Command) -> Command {
    if lang() == Lang::En { command } else { translated(command) }
}

/// As clap lays it out, with the headings in Chinese.
const TEMPLATE: &str = "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

fn translated(command: Command) -> Command {
    let about = command.get_about().map(text);
    let after = command.get_after_help().map(text);
    let commands = command.has_subcommands();
    let mut out = command
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "参数" } else { "选项" };
            let help = arg.get_help().map(text);
            let arg = arg.help_heading(heading);
            help.into_iter().fold(arg, Arg::help)
        })
        .mut_subcommands(translated)
        .help_template(TEMPLATE)
        .disable_help_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(word("Print help"))
                .help_heading("选项"),
        );
    if commands {
        out = out.subcommand_help_heading("命令").disable_help_subcommand(true);
    }
    out = about.into_iter().fold(out, Command::about);
    after.into_iter().fold(out, Command::after_help)
}

fn text(help: &StyledStr) -> String {
    help.to_string().lines().map(word).collect::<Vec<_>>().join("\n")
}
