//! `docker drill`: the program as a plugin of the Docker command line.
//!
//! Docker runs the programs `docker-NAME` in its folders for plugins. It asks each of them what it
//! is (`docker-cli-plugin-metadata`, answered in JSON), and hands over its own words from `NAME`
//! on: `docker drill run` runs `docker-drill drill run`. Completions it asks for by the protocol of
//! the library that it is made with (`__complete`, answered in lines and a number that says whether
//! names of files are completed too).
//! <https://github.com/docker/cli/blob/v28.2.2/cli-plugins/metadata/metadata.go>

use std::ffi::OsString;
use std::path::Path;

use clap::builder::StyledStr;
use clap::{Arg, Command};
use serde_json::json;

use crate::installing::PROGRAM;

/// What Docker calls the plugin, in its folder and on its command line.
const FILE: &str = "docker-drill";
const WORD: &str = "drill";
const TYPED: &str = "docker drill";

/// How completion goes on (`ShellCompDirective` of github.com/spf13/cobra).
const WITH_FILES: &str = ":0";
const WITHOUT_FILES: &str = ":4";

/// How the program was called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// By its own name, with these words.
    ByItself(Vec<OsString>),
    /// By Docker, with these words of its user.
    ByDocker(Vec<OsString>),
    /// By Docker, which wants to know what it is.
    WhatAreYou,
    /// By Docker, which wants the last of these words completed.
    Complete(Vec<String>),
}

impl Called {
    /// Tells it by the words of the command line, of which the first is the program.
    pub(super) fn of(words: impl IntoIterator<Item = OsString>) -> Self {
        let mut words: Vec<_> = words.into_iter().collect();
        let program = words.first().and_then(|word| Path::new(word).file_stem());
        if program.is_none_or(|program| program != FILE) {
            return Self::ByItself(words);
        }
        let word = |number: usize| words.get(number).and_then(|word| word.to_str());
        match (word(1), word(2)) {
            (Some("docker-cli-plugin-metadata"), _) => Self::WhatAreYou,
            (Some("__complete" | "__completeNoDesc"), Some(WORD)) => {
                let typed = words.iter().skip(3);
                Self::Complete(typed.map(|it| it.to_string_lossy().into()).collect())
            }
            // `docker help drill`
            (Some("help"), Some(WORD)) => {
                words.remove(2);
                Self::ByDocker(words)
            }
            (Some(WORD), _) => {
                words.remove(1);
                Self::ByDocker(words)
            }
            // This very program calls itself by the path of its file.
            _ => Self::ByItself(words),
        }
    }
}

/// What Docker wants to know of a plugin.
pub(super) fn metadata(command: &Command) -> String {
    let about = command.get_about().map(StyledStr::to_string);
    let about = about.unwrap_or_default();
    json!({
        "SchemaVersion": "0.1.0",
        "Vendor": PROGRAM,
        "Version": command.get_version(),
        "ShortDescription": about.trim_end_matches('.'),
    })
    .to_string()
}

/// The same command line in the words of who types `docker drill`.
pub(super) fn as_typed(command: Command) -> Command {
    let command = command
        .bin_name(TYPED)
        .mut_subcommands(with_examples_as_typed);
    with_examples_as_typed(command)
}

fn with_examples_as_typed(command: Command) -> Command {
    let Some(examples) = command.get_after_help() else {
        return command;
    };
    let own = format!("{PROGRAM} ");
    let examples = examples.to_string().replace(&own, &format!("{TYPED} "));
    command.after_help(examples)
}

/// What the last of the words that were typed after `docker drill` may become: a line each, and
/// what it is; the last line says how to go on.
pub(super) fn completions(mut command: Command, typed: &[String]) -> String {
    command.build();
    let (begun, before) = typed
        .split_last()
        .map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
    let mut inner = &command;
    for word in before {
        inner = inner.find_subcommand(word).unwrap_or(inner);
    }
    let takes_value = before.last().and_then(|word| value_of(inner, word));
    let candidates = if let Some(argument) = takes_value {
        values(argument)
    } else if begun.starts_with('-') {
        options(inner)
    } else {
        let positionals = inner.get_positionals();
        commands(inner)
            .into_iter()
            .chain(positionals.flat_map(values))
            .collect()
    };
    let fitting: Vec<_> = candidates
        .into_iter()
        .filter(|(candidate, _)| candidate.starts_with(begun))
        .map(|(candidate, about)| format!("{candidate}\t{about}"))
        .collect();
    let goes_on = if fitting.is_empty() {
        WITH_FILES
    } else {
        WITHOUT_FILES
    };
    fitting
        .into_iter()
        .chain([goes_on.to_owned()])
        .collect::<Vec<_>>()
        .join("\n")
}

type Candidates = Vec<(String, String)>;

fn commands(command: &Command) -> Candidates {
    let commands = command.get_subcommands().filter(|it| !it.is_hide_set());
    let commands = commands.map(|it| (it.get_name().to_owned(), first_line(it.get_about())));
    commands.collect()
}

fn options(command: &Command) -> Candidates {
    let options = command.get_arguments().filter(|it| !it.is_hide_set());
    let options = options.filter_map(|it| Some((format!("--{}", it.get_long()?), it.get_help())));
    options
        .map(|(option, about)| (option, first_line(about)))
        .collect()
}

fn values(argument: &Arg) -> Candidates {
    let values = argument.get_possible_values().into_iter();
    let values = values.map(|it| (it.get_name().to_owned(), first_line(it.get_help())));
    values.collect()
}

/// The option `word` of `command`, if it takes a value.
fn value_of<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let long = word.strip_prefix("--")?;
    let mut arguments = command.get_arguments();
    arguments.find(|it| it.get_long() == Some(long) && it.get_action().takes_values())
}

fn first_line(about: Option<&StyledStr>) -> String {
    let about = about.map(StyledStr::to_string).unwrap_or_default();
    about.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(words: &[&str]) -> Called {
        Called::of(words.iter().map(OsString::from))
    }

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn word_by_which_docker_calls_its_plugin_is_left_out_and_all_others_stay() {
        let plugin = "/root/.docker/cli-plugins/docker-drill";
        let by_docker = [
            (
                &[plugin, "drill", "run", "drill"][..],
                &[plugin, "run", "drill"][..],
            ),
            (&[plugin, "drill"], &[plugin]),
            (&[plugin, "help", "drill", "run"], &[plugin, "help", "run"]),
        ];
        for (typed, left) in by_docker {
            assert_eq!(called(typed), Called::ByDocker(words(left)));
        }
        for typed in [&["alertdrill", "drill"][..], &[plugin, "plan"], &[]] {
            assert_eq!(called(typed), Called::ByItself(words(typed)));
        }
        let metadata = called(&["docker-drill", "docker-cli-plugin-metadata"]);
        assert_eq!(metadata, Called::WhatAreYou);
    }
}
