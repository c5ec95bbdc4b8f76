//! The page on the command line, made of the tree that clap reads words by, and the commands that
//! documents show, read by it. `UPDATE_BOOK=1` writes the page.
//!
//! Not by `clap-markdown`: it repeats what all commands share for each of them, and has no tables.

use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory as _};

use crate::Arguments;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Options that every command has, built.
fn command_line() -> Command {
    let mut command = Arguments::command();
    command.build();
    command
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(StyledStr::to_string).unwrap_or_default()
}

/// Clap takes the last full stop off where there is one paragraph; a page wants it.
fn with_full_stop(text: String) -> String {
    let is_ended = text.is_empty() || text.ends_with(['.', '?']);
    if is_ended { text } else { text + "." }
}

/// Text of a help as one cell of a table.
fn cell(styled: Option<&StyledStr>) -> String {
    let words = text(styled);
    let words: Vec<_> = words.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

fn about(command: &Command) -> String {
    with_full_stop(text(command.get_long_about().or(command.get_about())))
}

fn is_shown(argument: &Arg) -> bool {
    !argument.is_hide_set() && !argument.is_global_set() && argument.get_id() != "help"
}

/// How an argument is written: `--rules FILE`, `NAME`.
fn written(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names.iter().map(|name| name.as_str().to_uppercase());
    let value = value.collect::<Vec<_>>().join(" ");
    let takes_value = argument.get_action().takes_values();
    match argument.get_long() {
        Some(long) if takes_value => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    }
}

fn row(argument: &Arg) -> String {
    let values = argument.get_possible_values();
    let names: Vec<_> = values
        .iter()
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let is_flag = !argument.get_action().takes_values();
    let one_of = if is_flag || names.is_empty() {
        String::new()
    } else {
        format!(" One of {}.", names.join(", "))
    };
    let defaults = argument.get_default_values();
    let defaults = defaults.iter().map(|value| value.to_string_lossy());
    let defaults = defaults.collect::<Vec<_>>().join(" ");
    let default = if is_flag || defaults.is_empty() {
        String::new()
    } else {
        format!(" `{defaults}` unless it is given.")
    };
    let what = argument.get_long_help().or(argument.get_help());
    format!(
        "| `{}` | {}{one_of}{default} |\n",
        written(argument),
        with_full_stop(cell(what))
    )
}

/// The part of the page on one command.
fn part(command: &Command) -> String {
    let name = command.get_name();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let about = about(command);
    let mut parts = vec![format!(
        "\n## alertdrill {name}\n\n{about}\n\n```text\n{usage}\n```\n"
    )];
    let rows: String = command
        .get_arguments()
        .filter(|it| is_shown(it))
        .map(row)
        .collect();
    if !rows.is_empty() {
        parts.push(format!("\n| argument | what |\n| --- | --- |\n{rows}"));
    }
    let after = text(command.get_after_help());
    if !after.is_empty() {
        let (heading, rest) = after.split_once('\n').unwrap_or((&after, ""));
        let (examples, more) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let examples: Vec<_> = examples
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line))
            .collect();
        let examples = examples.join("\n");
        parts.push(format!("\n{heading}\n\n```text\n{examples}\n```\n"));
        if !more.is_empty() {
            parts.push(format!("\n{more}\n"));
        }
    }
    parts.concat()
}

fn page() -> String {
    let command = command_line();
    let shown: Vec<_> = command
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
        .collect();
    let rows = shown.iter().map(|it| {
        let (name, what) = (it.get_name(), with_full_stop(cell(it.get_about())));
        format!("| [{name}](#alertdrill-{name}) | {what} |\n")
    });
    let rows = rows.collect::<Vec<_>>().concat();
    let globals: String = command
        .get_arguments()
        .filter(|it| it.is_global_set())
        .map(row)
        .collect();
    let parts: String = shown.into_iter().map(part).collect();
    let begin = "# Commands\n\n<!-- This page is written by `UPDATE_BOOK=1 cargo test --package \
                 alertdrill --bin alertdrill command_reference`. -->\n\nThis is what `--help` says. \
                 [Exit codes](exit-codes.md) and [environment variables](environment.md) are the \
                 same for every command.\n\n| command | what it does |\n| --- | --- |\n";
    let all_take = "\nEvery command takes these:\n\n| argument | what |\n| --- | --- |\n";
    format!("{begin}{rows}{all_take}{globals}{parts}")
}

#[test]
fn page_of_the_command_line_says_what_help_says() {
    let path = root().join("docs/reference/command-line.md");
    let wanted = page();
    if std::env::var_os("UPDATE_BOOK").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let is_up_to_date = fs::read_to_string(&path).is_ok_and(|page| page == wanted);
    assert!(
        is_up_to_date,
        "the page is out of date: UPDATE_BOOK=1 cargo test --package alertdrill --bin alertdrill \
         command_reference"
    );
}

/// The words of a line of a shell, without variables before it, redirections and comments.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut is_within) = (None, false);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                if !is_within {
                    words.push(String::new());
                    is_within = true;
                }
            }
            None if c == ' ' => is_within = false,
            _ => {
                if !is_within {
                    words.push(String::new());
                    is_within = true;
                }
                words.last_mut().unwrap().push(c);
            }
        }
    }
    if let Some(end) = words
        .iter()
        .position(|word| word.starts_with('>') || word == "#")
    {
        words.truncate(end);
    }
    let is_variable = |word: &String| {
        let name = word.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    words.into_iter().skip_while(is_variable).collect()
}

/// The words that alertdrill gets by a command as documents show it; `None` if it is of others.
fn of_alertdrill(command: &str) -> Option<Vec<String>> {
    let mut words = words(command);
    match words.first()?.as_str() {
        "alertdrill" => {}
        "docker" if words.get(1)? == "drill" => drop(words.remove(0)),
        "./drill" => match words.get(1)?.as_str() {
            "alerts" => words[1] = "run".to_owned(),
            "sharpness" => words[1] = "mutate".to_owned(),
            "check" | "test" | "bench" | "truth" | "torture" | "setup" | "book" | "help" => {
                return None;
            }
            _ => {}
        },
        _ => return None,
    }
    Some(words)
}

/// Commands that a page shows after a prompt, one a piece of a line.
fn shown(page: &str) -> Vec<String> {
    let lines = page
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("$ "));
    let pieces = lines.flat_map(|line| line.split("&&"));
    let pieces = pieces.flat_map(|line| line.split(" | "));
    pieces.map(|piece| piece.trim().to_owned()).collect()
}

fn markdown(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

#[test]
fn each_command_that_the_documents_show_is_understood() {
    let mut pages = vec![
        root().join("README.md"),
        root().join("examples/web-shop/README.md"),
    ];
    markdown(&root().join("docs"), &mut pages);
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages {
        for command in shown(&fs::read_to_string(&page).unwrap()) {
            let Some(words) = of_alertdrill(&command) else {
                continue;
            };
            count += 1;
            if let Err(error) = Arguments::command().try_get_matches_from(words) {
                wrong.push(format!("{}: {command}\n{error}", page.display()));
            }
        }
    }
    assert!(count > 30, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_example_of_the_help_is_understood() {
    let (mut count, mut wrong) = (0, Vec::new());
    for command in command_line().get_subcommands() {
        let help = text(command.get_after_help()).replace("\\\n    ", "");
        for example in help
            .lines()
            .flat_map(|line| line.split(" | "))
            .map(str::trim)
        {
            // What an example does stands behind it, three blanks or more away.
            let example = example.split("   ").next().unwrap_or_default();
            let Some(words) = of_alertdrill(example) else {
                continue;
            };
            count += 1;
            if let Err(error) = Arguments::command().try_get_matches_from(words) {
                wrong.push(format!("{example}\n{error}"));
            }
        }
    }
    assert!(count > 20, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn command_is_taken_without_its_variables_redirection_and_comment() {
    let words = |line: &str| of_alertdrill(line).unwrap_or_default().join("·");
    assert_eq!(
        words("KEEP_STACK=1 alertdrill run 'a b' > c"),
        "alertdrill·run·a b"
    );
    assert_eq!(words("./drill alerts x   # that one"), "./drill·run·x");
    assert_eq!(words("cargo test"), "");
}
