//! How text for people is set: colours that say nothing which the words do not, and no control
//! sequences but these.
//!
//! Whoever prints it does so by `anstream`, which leaves them out where `NO_COLOR` or `CLICOLOR`
//! says so, or nobody reads a terminal.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::Outcome;

const HEADING: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const UNKNOWN: Style = AnsiColor::Yellow.on_default().bold();

/// A heading, or what a line is about.
#[must_use]
pub fn heading(text: impl Display) -> String {
    format!("{HEADING}{text}{HEADING:#}")
}

/// What keeps something from passing.
#[must_use]
pub fn bad(text: impl Display) -> String {
    format!("{BAD}{text}{BAD:#}")
}

/// What is as it must be.
#[must_use]
pub fn good(text: impl Display) -> String {
    format!("{GOOD}{text}{GOOD:#}")
}

/// What nobody knows.
#[must_use]
pub fn unknown(text: impl Display) -> String {
    format!("{UNKNOWN}{text}{UNKNOWN:#}")
}

/// What an outcome is called.
#[must_use]
pub fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Pass | Outcome::Skipped => format!("{GOOD}{outcome}{GOOD:#}"),
        Outcome::Fail => bad("FAIL"),
        Outcome::Error => format!("{UNKNOWN}error{UNKNOWN:#}"),
    }
}

/// `text` without anything that a terminal would obey instead of showing it: labels and logs are
/// others' words.
#[must_use]
pub fn harmless(text: &str) -> String {
    let stripped = anstream::adapter::strip_str(text).to_string();
    stripped
        .chars()
        .filter(|char| !char.is_control() || matches!(char, '\n' | '\t'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_taken_out_and_all_else_stays() {
        let evil = "a\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}b\u{9b}2J\r\u{8}c\nd\té–│";
        assert_eq!(harmless(evil), "ared b2Jc\nd\té–│");
    }

    #[test]
    fn words_say_what_the_colours_say() {
        let words = [Outcome::Pass, Outcome::Fail, Outcome::Error]
            .map(|one| anstream::adapter::strip_str(&outcome(one)).to_string());
        assert_eq!(words, ["pass", "FAIL", "error"]);
    }
}
