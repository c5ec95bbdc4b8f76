//! What can never work: what `alertdrill doctor` says of a project's files.

use std::path::PathBuf;

use jiff::civil::Date;

/// Something in a project's files by which an alert cannot work, or may not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, as seen from the checkout's folder.
    pub file: PathBuf,
    /// The line, from one.
    pub line: usize,
    /// The character in the line, from one.
    pub column: usize,
    /// What kind of finding it is: `metric/not-exported`, for example. Never renamed.
    pub id: &'static str,
    /// How sure and how bad it is.
    pub severity: FindingSeverity,
    /// The rule, job, route or receiver that it is about.
    pub about: Option<String>,
    /// What is wrong, with the values that show it.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// How sure and how bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingSeverity {
    /// It surely cannot work: the exit code is 1.
    Error,
    /// It may not work, or works worse than it should.
    Warning,
    /// Worth to know.
    Note,
}

impl FindingSeverity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A finding that its owner knows and keeps, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaivedFinding {
    /// The kind of finding: `metric/not-exported`, for example.
    pub id: String,
    /// The rule, job, route or receiver that it is about; `None`: any.
    pub about: Option<String>,
    /// The file that it is in, as seen from the checkout's folder; `None`: any.
    pub file: Option<PathBuf>,
    /// Why it is kept.
    pub reason: String,
    /// The last day on which it is; `None`: for good.
    pub until: Option<Date>,
    /// The line of the waiver in its own file.
    pub line: usize,
    /// The character in that line.
    pub column: usize,
}

impl WaivedFinding {
    /// Whether it is meant for `finding`, on the day `today`.
    #[must_use]
    pub fn covers(&self, finding: &Finding, today: Date) -> bool {
        self.id == finding.id
            && self.until.is_none_or(|until| today <= until)
            && self.file.as_ref().is_none_or(|file| *file == finding.file)
            && (self.about.is_none() || self.about == finding.about)
    }
}
