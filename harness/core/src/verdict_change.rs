//! What other rules make of the verdicts on drills.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{Outcome, Reason, ReasonKind, RunOutcome, Verdict};

/// A drill whose verdict is another one with the new rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerdictChange {
    /// The drill's name.
    pub drill: String,
    /// What it came to with the old rules.
    pub old: Outcome,
    /// What it comes to with the new ones.
    pub new: Outcome,
    /// Why it does not pass with the new ones; empty if it does.
    pub reasons: Vec<Reason>,
}

/// The drills that come to something else, or do not pass for reasons of another kind. Each drill
/// is its name, its verdict with the old rules and that with the new ones.
pub fn changed_verdicts<'a>(
    drills: impl IntoIterator<Item = (&'a str, &'a Verdict, &'a Verdict)>,
) -> Vec<VerdictChange> {
    let kinds = |verdict: &Verdict| -> BTreeSet<ReasonKind> {
        verdict.reasons.iter().map(|reason| reason.kind).collect()
    };
    let otherwise = drills
        .into_iter()
        .filter(|(_, old, new)| old.outcome != new.outcome || kinds(old) != kinds(new));
    let changes = otherwise.map(|(drill, old, new)| VerdictChange {
        drill: drill.to_owned(),
        old: old.outcome,
        new: new.outcome,
        reasons: new.reasons.clone(),
    });
    changes.collect()
}

/// What a comparison of rules ends as, from what each drill came to with the old rules and with
/// the new ones.
///
/// | old | new | ends as |
/// | --- | --- | --- |
/// | pass | fail | failed |
/// | any | the same | passed |
/// | any | pass | passed |
/// | pass, fail | error | not tested: the new rules cannot be judged |
/// | error | fail | not tested: whether it is worse is not known |
#[must_use]
pub fn outcome_of_changes(drills: impl IntoIterator<Item = (Outcome, Outcome)>) -> RunOutcome {
    let outcomes = drills.into_iter().map(|(old, new)| match (old, new) {
        (Outcome::Pass | Outcome::Skipped, Outcome::Fail) => RunOutcome::Failed,
        (_, Outcome::Pass | Outcome::Skipped) => RunOutcome::Passed,
        (old, new) if old == new => RunOutcome::Passed,
        _ => RunOutcome::NotTested,
    });
    outcomes.max().unwrap_or(RunOutcome::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(outcome: Outcome, reasons: &[(ReasonKind, &str)]) -> Verdict {
        let reasons = reasons.iter();
        let reasons = reasons.map(|(kind, message)| Reason::new(*kind, *message));
        Verdict {
            outcome,
            reasons: reasons.collect(),
            alerts: vec![],
            tolerated: vec![],
            collateral: vec![],
            not_decided: vec![],
        }
    }

    #[test]
    fn rules_are_worse_only_if_a_drill_fails_that_passed() {
        use Outcome::{Error, Fail, Pass};
        let ends = |old, new| outcome_of_changes([(Pass, Pass), (old, new)]);
        assert_eq!(ends(Pass, Fail), RunOutcome::Failed);
        for (old, new) in [(Fail, Fail), (Error, Error), (Fail, Pass), (Error, Pass)] {
            assert_eq!(ends(old, new), RunOutcome::Passed, "{old} → {new}");
        }
        for (old, new) in [(Pass, Error), (Fail, Error), (Error, Fail)] {
            assert_eq!(ends(old, new), RunOutcome::NotTested, "{old} → {new}");
        }
        assert_eq!(
            outcome_of_changes([(Pass, Error), (Pass, Fail)]),
            RunOutcome::Failed
        );
        assert_eq!(outcome_of_changes([]), RunOutcome::Passed);
    }

    #[test]
    fn drill_that_fails_otherwise_than_before_has_changed_and_one_whose_numbers_differ_has_not() {
        let late = verdict(Outcome::Fail, &[(ReasonKind::Late, "at +90 s")]);
        let later = verdict(Outcome::Fail, &[(ReasonKind::Late, "at +95 s")]);
        let missed = verdict(Outcome::Fail, &[(ReasonKind::Missed, "never")]);
        let changes = changed_verdicts([("a", &late, &later), ("b", &late, &missed)]);
        assert_eq!(
            changes,
            [VerdictChange {
                drill: "b".to_owned(),
                old: Outcome::Fail,
                new: Outcome::Fail,
                reasons: missed.reasons.clone(),
            }]
        );
    }
}
