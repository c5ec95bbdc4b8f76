//! An inhibition between alerts that mute each other, or that would have to mute themselves.

use alertdrill_core::Finding;

use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};
use crate::routing::Inhibition;

pub(in crate::checks) const INHIBITION_MUTES_ITSELF: Check = Check {
    id: "told/inhibition-mutes-itself",
    title: "the alerts that mute are the ones that are muted",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let file = &told.alertmanager.file;
    let all = &told.routing.inhibitions;
    let mut findings = Vec::new();
    for (number, inhibition) in all.iter().enumerate() {
        if !inhibition.is_understood() {
            continue;
        }
        let (source, target) = (inhibition.shown_source(), inhibition.shown_target());
        let mut earlier = all.iter().take(number);
        let said = if source == target {
            itself(&source)
        } else if let Some(other) = earlier.find(|other| turns_round(other, inhibition)) {
            Said::error(
                format!(
                    "{} and {} mute each other (line {}), so while both fire nobody is told of \
                     either",
                    source.join(", "),
                    target.join(", "),
                    other.place.line
                ),
                "take away the direction that you do not mean",
            )
        } else {
            continue;
        };
        findings.push(said.at(INHIBITION_MUTES_ITSELF.id, &file.path, inhibition.place));
    }
    findings
}

fn itself(matchers: &[&str]) -> Said {
    let shown = if matchers.is_empty() {
        "it has no matchers".to_owned()
    } else {
        format!("both sides are {}", matchers.join(", "))
    };
    Said::error(
        format!(
            "{shown}: the alerts that mute are the ones that are muted, which Alertmanager leaves \
             alone, so it mutes nothing"
        ),
        "let the source be the cause (`severity=\"critical\"`) and the target what follows from it",
    )
}

fn turns_round(one: &Inhibition, other: &Inhibition) -> bool {
    let equal = |it: &Inhibition| {
        let mut labels: Vec<_> = it.equal.iter().map(|label| label.text.clone()).collect();
        labels.sort();
        labels
    };
    one.is_understood()
        && one.shown_source() == other.shown_target()
        && one.shown_target() == other.shown_source()
        && equal(one) == equal(other)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/inhibition-mutes-itself";

    fn project(inhibitions: &str) -> String {
        format!(
            "--- alertmanager.yml\nroute: {{receiver: a}}\nreceivers: [{{name: a}}]\n\
             inhibit_rules:\n{inhibitions}--- rules.yml\ngroups: []\n"
        )
    }

    #[test]
    fn sides_that_are_the_same_are_found() {
        assert_finds(
            ID,
            &project(
                "  - source_match: {severity: warning}\n    target_matchers: \
                 [severity=\"warning\"]\n    equal: [instance]\n",
            ),
            &[
                "alertmanager.yml:4:5 error: both sides are severity=\"warning\": the alerts that \
               mute are the ones that are muted",
            ],
        );
    }

    #[test]
    fn alerts_that_mute_each_other_are_found() {
        assert_finds(
            ID,
            &project(
                "  - {source_match: {a: b}, target_match: {c: d}}\n  - {source_match: {c: d}, \
                 target_match: {a: b}}\n",
            ),
            &["alertmanager.yml:5:5 error: c=\"d\" and a=\"b\" mute each other (line 4)"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for inhibitions in [
            "  - {source_match: {severity: critical}, target_match: {severity: warning}}\n",
            "  - {source_match: {severity: critical}, target_match_re: {severity: \
             critical|warning}}\n",
            "  - {source_match: {a: b}, target_match: {c: d}, equal: [e]}\n  - {source_match: {c: \
             d}, target_match: {a: b}, equal: [f]}\n",
            "  - {source_match: {a: b}, target_match: {c: d}}\n  - {source_match: {c: d}, \
             target_match: {e: f}}\n",
            "  - {source_match: {alertname: A}, target_match: {alertname: A, severity: warning}}\n",
        ] {
            assert_silent(ID, &project(inhibitions));
        }
    }
}
