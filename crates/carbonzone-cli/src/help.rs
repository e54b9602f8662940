//! `--help` in the language of messages.

use crate::language::{lang, word};
use carbonzone_report::Lang;
use clap::builder::{PossibleValue, StyledStr};
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
            let help = arg.get_help().map(|help| text(help) + &values(&arg));
            let long = arg.get_long_help().map(|help| text(help) + &values(&arg));
            let arg = arg.help_heading(heading).hide_possible_values(true);
            let arg = help.into_iter().fold(arg, Arg::help);
            long.into_iter().fold(arg, Arg::long_help)
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

/// The words that an option takes, each with what it means.
fn values(arg: &Arg) -> String {
    let one = |value: &PossibleValue| {
        let help = value.get_help().map(|help| format!("（{}）", text(help))).unwrap_or_default();
        format!("{}{help}", value.get_name())
    };
    let all: Vec<String> = arg.get_possible_values().iter().filter(|v| !v.is_hide_set()).map(one).collect();
    if all.is_empty() || !arg.get_action().takes_values() {
        return String::new();
    }
    format!("［可选：{}］", all.join("、"))
}

fn text(help: &StyledStr) -> String {
    help.to_string().lines().map(word).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Every sentence of the help of a command and its options.
    fn said(command: &Command, out: &mut Vec<String>) {
        let of_command = [command.get_about(), command.get_after_help()];
        out.extend(of_command.into_iter().flatten().map(ToString::to_string));
        for arg in command.get_arguments() {
            out.extend([arg.get_help(), arg.get_long_help()].into_iter().flatten().map(ToString::to_string));
            let values = arg.get_possible_values();
            out.extend(values.iter().filter_map(|v| v.get_help().map(ToString::to_string)));
        }
        command.get_subcommands().for_each(|command| said(command, out));
    }

    #[test]
    fn every_sentence_of_the_help_has_its_chinese() {
        let mut all = Vec::new();
        said(&crate::args::Cli::command(), &mut all);
        assert!(all.len() > 100, "{}", all.len());
        let mut missing: Vec<&str> = all.iter().flat_map(|help| help.lines()).map(str::trim).collect();
        // One word is a name.
        missing.retain(|line| line.contains(' ') && carbonzone_report::chinese::sentence(line).is_none());
        missing.retain(|line| carbonzone_report::chinese::word(line) == *line);
        missing.dedup();
        assert!(missing.is_empty(), "no Chinese for\n{}", missing.join("\n"));
    }
}
