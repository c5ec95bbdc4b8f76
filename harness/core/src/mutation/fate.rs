//! What became of mutants.

use super::{Mutant, RefusedMutant};
use crate::{ReasonKind, RulesFile};

/// What became of a mutant.
///
/// | fate | means | counts |
/// | --- | --- | --- |
/// | killed | a drill that passes with the rule fails with the mutant | for the drills |
/// | survived | it yields something else, or a field is another; no drill fails | against them |
/// | no coverage | its expression yields the same at every evaluation | against them |
/// | waived | it is not killed, and somebody said why that is no harm | not |
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A drill fails with it.
    Killed {
        /// The drill.
        drill: String,
        /// Why it fails.
        reason: ReasonKind,
        /// The same in words.
        message: String,
    },
    /// No drill fails with it.
    Survived {
        /// What would tell it from the rule.
        told_apart_by: String,
    },
    /// No drill makes a difference between it and the rule.
    NoCoverage,
    /// It is not killed, and that is no harm.
    Waived {
        /// Why.
        reason: String,
    },
}

impl Fate {
    /// Whether a drill, or a reason, is wanted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Survived { .. } | Self::NoCoverage)
    }
}

/// A mutant and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedMutant {
    /// The mutant.
    pub mutant: Mutant,
    /// What became of it.
    pub fate: Fate,
}

/// What became of all mutants of some rules.
#[derive(Clone, Debug, Default)]
pub struct MutationRun {
    /// The files of rules. Their paths are those that people know.
    pub files: Vec<RulesFile>,
    /// The mutants, in the order of their places.
    pub judged: Vec<JudgedMutant>,
    /// Those that Prometheus does not load.
    pub refused: Vec<RefusedMutant>,
    /// How many were left out because they mean the same as the rule or as another mutant.
    pub equivalent: u64,
    /// The drills, by name.
    pub drills: Vec<String>,
    /// Waivers that waive nothing: their mutant is killed, or there is none.
    pub idle_waivers: Vec<String>,
}

impl MutationRun {
    /// How many mutants are killed, of how many that count.
    #[must_use]
    pub fn killed_of(&self) -> (usize, usize) {
        let fates = || self.judged.iter().map(|judged| &judged.fate);
        let killed = fates().filter(|fate| matches!(fate, Fate::Killed { .. }));
        let counts = fates().filter(|fate| !matches!(fate, Fate::Waived { .. }));
        (killed.count(), counts.count())
    }

    /// The share of killed mutants in percent; `None` if there are none that count.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "nobody makes so many mutants")]
    pub fn score_percent(&self) -> Option<f64> {
        let (killed, of) = self.killed_of();
        (of > 0).then(|| 100.0 * killed as f64 / of as f64)
    }

    /// The mutants that want a drill or a reason.
    pub fn open(&self) -> impl Iterator<Item = &JudgedMutant> {
        self.judged.iter().filter(|judged| judged.fate.is_open())
    }
}
