//! What a check is.

use std::path::Path;

use alertdrill_core::{Finding, FindingSeverity};
use alertdrill_project::yaml_tree::Place;

pub(in crate::checks) use crate::case::Case;
use crate::checkout::Rule;

/// Something that can be wrong in a project, and how it is found.
pub(crate) struct Check {
    /// Its stable id, which is also the path of its page in `docs/doctor`.
    pub(crate) id: &'static str,
    /// What it finds, in one line.
    pub(crate) title: &'static str,
    /// Finds it.
    pub(crate) run: fn(&Case<'_>) -> Vec<Finding>,
}

/// What is said of a finding.
pub(crate) struct Said {
    pub(crate) severity: FindingSeverity,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Said {
    /// It surely cannot work.
    pub(crate) fn error(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(FindingSeverity::Error, message, help)
    }

    /// It may not work, and the message says *may*; or it works worse than it should.
    pub(crate) fn warning(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(FindingSeverity::Warning, message, help)
    }

    /// Worth to know.
    pub(crate) fn note(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(FindingSeverity::Note, message, help)
    }

    fn new(severity: FindingSeverity, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            help: help.into(),
        }
    }

    /// The finding `id` at a place in a file.
    pub(crate) fn at(self, id: &'static str, file: &Path, place: Place) -> Finding {
        Finding {
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            id,
            severity: self.severity,
            about: None,
            message: self.message,
            help: self.help,
        }
    }

    /// The finding `id` about what is named `about`, at a place in a file.
    pub(crate) fn about(self, about: &str, id: &'static str, file: &Path, place: Place) -> Finding {
        Finding {
            about: Some(about.to_owned()),
            ..self.at(id, file, place)
        }
    }

    /// The finding `id` about a rule, at a place in its file.
    pub(crate) fn of_rule(self, id: &'static str, rule: &Rule, place: Place) -> Finding {
        self.about(&rule.name.text, id, rule.path(), place)
    }
}
