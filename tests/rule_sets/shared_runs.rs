//! Which rule sets share a run: those whose drills answer for different alerts, and that can be put
//! into the same files.

use alertdrill::{Claim, Drill, ExpectedAlert, SilentAlert, share_an_alert};

use super::{DecidedBy, Files, RuleSet};

/// The rule sets as they are tried: each run holds those that do not get into each other's way.
/// What is seen in what is loaded takes no time, and is tried alone.
pub(crate) fn shared_runs(rule_sets: Vec<RuleSet>) -> Vec<Vec<RuleSet>> {
    let mut runs: Vec<Vec<RuleSet>> = Vec::new();
    for rule_set in rule_sets {
        match runs.iter_mut().find(|run| has_room_for(run, &rule_set)) {
            Some(run) => run.push(rule_set),
            None => runs.push(vec![rule_set]),
        }
    }
    runs
}

/// The committed files with all changes of a run; the error is what is not there to be replaced.
pub(crate) fn files_of(run: &[RuleSet]) -> Result<Files, String> {
    let mut rule_sets = run.iter();
    rule_sets.try_fold(Files::committed(), |files, rule_set| files.with(rule_set))
}

fn has_room_for(run: &[RuleSet], rule_set: &RuleSet) -> bool {
    let is_alone = |rule_set: &RuleSet| rule_set.alone || rule_set.decided_by == DecidedBy::Loaded;
    let answered = answered_for(rule_set);
    let mut together = run.to_vec();
    together.push(rule_set.clone());
    let meets = |other: &RuleSet| share_an_alert(&answered, &answered_for(other));
    !together.iter().any(is_alone) && !run.iter().any(meets) && files_of(&together).is_ok()
}

/// The alerts that its drills judge. Which lane a drill gets is not known: its alerts may be those
/// of any.
fn answered_for(rule_set: &RuleSet) -> Vec<Claim> {
    let of_drill = |drill: Drill| {
        let expected = drill.expect.iter().map(ExpectedAlert::claim);
        let silent = drill.silent.iter().map(SilentAlert::claim);
        expected.chain(silent).collect::<Vec<_>>()
    };
    let mut claims: Vec<_> = rule_set.drills().into_iter().flat_map(of_drill).collect();
    for claim in &mut claims {
        claim.labels.retain(|_, value| !value.contains('{'));
    }
    claims
}
