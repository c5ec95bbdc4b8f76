//! The text of a file, and complaints about places in it.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, nearest};

/// The most characters of a line that are shown.
const SHOWN_CHARACTERS: usize = 100;
/// How many of them stand before the place, at most, if the line is longer.
const SHOWN_BEFORE: usize = 50;

/// A place in a file; its default is the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the line, from one.
    pub(super) line: usize,
    /// The number of the character in it, from one.
    pub(super) column: usize,
    /// How many characters belong to it.
    pub(super) characters: usize,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            line: 1,
            column: 1,
            characters: 1,
        }
    }
}

/// What is wrong at a place, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: String,
}

impl Complaint {
    pub(super) fn at(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// The nearest of `names` to `name`, and all of them if they are few: what to do about a name that
/// is none of `whats`.
pub(super) fn help_by_nearest<'a>(
    name: &str,
    whats: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> String {
    const FEW: usize = 16;
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let Some(nearest) = nearest(name, names.iter().copied()) else {
        return format!("there are no {whats}");
    };
    if names.len() > FEW {
        return format!("the nearest is `{nearest}`");
    }
    let names = names.join(", ");
    format!("the nearest is `{nearest}`; the {whats} are {names}")
}

/// A file's path and text.
#[derive(Clone, Debug)]
pub(super) struct SourceText {
    path: PathBuf,
    text: String,
}

impl SourceText {
    pub(super) fn new(path: &Path, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The error that shows each of these complaints with its line; `Ok` of none.
    pub(super) fn refuse(&self, complaints: Vec<Complaint>) -> Result<(), Error> {
        let mut complaints = complaints;
        complaints.sort_by_key(|complaint| (complaint.place.line, complaint.place.column));
        let mut errors = complaints
            .into_iter()
            .map(|complaint| self.error(complaint))
            .collect::<Vec<_>>();
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Error::Several { errors }),
        }
    }

    /// The error that shows this complaint with its line.
    pub(super) fn error(&self, complaint: Complaint) -> Error {
        Error::InFile {
            path: self.path.clone(),
            line: complaint.place.line,
            column: complaint.place.column,
            snippet: self.snippet(complaint.place),
            message: complaint.message,
            help: complaint.help,
        }
    }

    /// The line of `place`, with carets under it.
    fn snippet(&self, place: Place) -> String {
        let line = self.text.lines().nth(place.line.saturating_sub(1));
        let visible = |char: char| if char.is_control() { ' ' } else { char };
        let line: Vec<char> = line.unwrap_or_default().chars().map(visible).collect();
        let before = place.column.saturating_sub(1).min(line.len());
        let skipped = if line.len() > SHOWN_CHARACTERS {
            before.saturating_sub(SHOWN_BEFORE)
        } else {
            0
        };
        let shown: String = line.iter().skip(skipped).take(SHOWN_CHARACTERS).collect();
        let shown = shown.trim_end();
        let indent = before - skipped;
        let room = shown.chars().count().saturating_sub(indent);
        let carets = "^".repeat(place.characters.min(room).max(1));
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        format!("  {number} | {shown}\n  {margin} | {:indent$}{carets}", "")
    }
}
