//! Rules with one small mistake.

use serde::{Deserialize, Serialize};

/// A rule by its place in a file of rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleAt {
    /// The name of its group.
    pub group: String,
    /// Its number in the group, from 0 on.
    pub index: usize,
}

/// The mutants of a file of rules.
#[derive(Clone, Debug, Deserialize)]
pub struct MadeMutants {
    /// Those that Prometheus loads.
    pub mutants: Vec<Mutant>,
    /// How many were left out because they mean the same as the rule or as another mutant.
    pub equivalent: u64,
    /// Those that Prometheus does not load.
    #[serde(default)]
    pub refused: Vec<RefusedMutant>,
}

/// A rule with one small mistake.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Mutant {
    /// Its name: it stays the same when lines move.
    pub id: String,
    /// What made it: `comparison`, for example.
    pub mutator: String,
    /// The path of its file.
    pub file: String,
    /// The rule's group.
    pub group: String,
    /// The rule's number in the group.
    pub index: usize,
    /// The rule's name.
    pub rule: String,
    /// Which part of the rule: `expr`, for example.
    pub part: String,
    /// Where the mistake begins in the file.
    pub start: Place,
    /// Where it ends; exclusive.
    pub end: Place,
    /// The same in bytes.
    pub start_byte: usize,
    /// The same in bytes; exclusive.
    pub end_byte: usize,
    /// What stands there.
    pub original: String,
    /// What the mutant has there.
    pub replacement: String,
    /// The mistake in words.
    pub says: String,
}

impl Mutant {
    /// `text`, the content of its file, with the mistake.
    #[must_use]
    pub fn applied_to(&self, text: &str) -> String {
        let before = text.get(..self.start_byte).unwrap_or(text);
        let after = text.get(self.end_byte..).unwrap_or_default();
        [before, &self.replacement, after].concat()
    }
}

/// A place in a file, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A mutant that Prometheus does not load.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RefusedMutant {
    /// Its name.
    pub id: String,
    /// What made it.
    pub mutator: String,
    /// The rule's name.
    pub rule: String,
    /// The mistake in words.
    pub says: String,
    /// Why Prometheus does not load it.
    pub error: String,
}
