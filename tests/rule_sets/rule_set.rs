//! An entry of the table.

use std::fmt;
use std::path::Path;

use alertdrill::{Drill, ReasonKind};
use serde::Deserialize;

use crate::drills;

/// The committed configuration with a few words replaced, and what must come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSet {
    pub(crate) name: String,
    /// What is replaced in the rules: after which words, which, and by what.
    #[serde(default)]
    pub(crate) rules: Vec<[String; 3]>,
    #[serde(default)]
    pub(crate) rules_instead: Option<String>,
    #[serde(default)]
    pub(crate) routes: Vec<[String; 3]>,
    #[serde(default)]
    pub(crate) prometheus: Vec<[String; 3]>,
    #[serde(rename = "drills", default)]
    pub(crate) drill_names: Vec<String>,
    /// One of these must catch it; empty of what is right.
    #[serde(default)]
    pub(crate) caught_by: Vec<Catcher>,
    #[serde(default)]
    pub(crate) says: Option<String>,
    pub(crate) decided_by: DecidedBy,
    #[serde(default)]
    pub(crate) alone: bool,
    #[serde(default)]
    pub(crate) quick: bool,
}

/// What catches a wrong rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Catcher {
    Coverage(Coverage),
    Drill(ReasonKind),
}

/// The coverage of the loaded rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Coverage {
    Coverage,
}

/// What it takes to tell a rule set from the committed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecidedBy {
    /// What is loaded tells, before anything is broken.
    Loaded,
    /// A recording of the drill tells.
    Recording,
    /// Only the running stack tells.
    Live,
}

impl fmt::Display for DecidedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Loaded => "loaded",
            Self::Recording => "recording",
            Self::Live => "live",
        })
    }
}

impl RuleSet {
    pub(crate) fn is_right(&self) -> bool {
        self.caught_by.is_empty()
    }

    /// Whether it shows in that the stack never becomes steady.
    pub(crate) fn is_unsteady(&self) -> bool {
        let unsteady = [ReasonKind::UnsteadyStart, ReasonKind::StackNotSteady].map(Catcher::Drill);
        self.caught_by.iter().any(|by| unsteady.contains(by))
    }

    /// Its drills, without their checks, which other tests cover.
    pub(crate) fn drills(&self) -> Vec<Drill> {
        let names = self.drill_names.iter();
        names.map(|name| drill(name)).collect()
    }
}

/// The drill of the suite with this name, without its checks.
fn drill(name: &str) -> Drill {
    let all = drills::all().into_iter();
    let mut named = all.filter(|drill| drill.name == name);
    let mut drill = named
        .next()
        .unwrap_or_else(|| panic!("no drill is named {name}"));
    drill.afterwards.clear();
    drill
}

/// The entries of one file of the table.
pub(crate) fn of_file(name: &str) -> Vec<RuleSet> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule_sets");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The whole table.
pub(crate) fn rule_sets() -> Vec<RuleSet> {
    [
        "loaded.yml",
        "routes.yml",
        "words.yml",
        "instances.yml",
        "expressions.yml",
        "off_by_half.yml",
        "right.yml",
    ]
    .into_iter()
    .flat_map(of_file)
    .collect()
}
