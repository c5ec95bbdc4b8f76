//! The words in which every report speaks of an alert and of a run.

use std::path::Path;

use alertdrill_core::style::{harmless, outcome};
use alertdrill_core::{
    AlertOutcome, Labels, Outcome, Provenance, UtcInstant, VerdictChange, selector,
};

/// An alert with the labels that distinguish it from others of its name.
pub(super) fn named(alert: &str, labels: &Labels) -> String {
    let own = |name: &str| !matches!(name, "alertname" | "severity");
    selector(alert, labels.iter().filter(|(name, _)| own(name)))
}

/// How many drills came to what.
pub fn tally(outcomes: impl IntoIterator<Item = Outcome>) -> String {
    let (mut passed, mut failed, mut untested) = (0, 0, 0);
    for outcome in outcomes {
        match outcome {
            Outcome::Pass | Outcome::Skipped => passed += 1,
            Outcome::Fail => failed += 1,
            Outcome::Error => untested += 1,
        }
    }
    format!("{passed} passed, {failed} failed, {untested} could not be tested")
}

/// What becomes of a drill's verdict.
pub(super) fn verdict_change(change: &VerdictChange) -> String {
    let drill = harmless(&change.drill);
    if change.old == change.new {
        return format!("{drill}: still {}, for other reasons", outcome(change.new));
    }
    format!("{drill}: {} → {}", outcome(change.old), outcome(change.new))
}

/// An instant in seconds after the fault; as it is, if there was no fault.
pub(super) fn since(began_at: Option<UtcInstant>, at: UtcInstant) -> String {
    began_at.map_or_else(
        || at.to_string(),
        |began_at| format!("{:+.1} s", at.seconds_since(began_at)),
    )
}

/// When an alert reached which state, and when it had to.
pub(super) fn alert_times(alert: &AlertOutcome, began_at: Option<UtcInstant>) -> String {
    let near = alert.onset_at.filter(|_| alert.deadline_s.is_none());
    let ended = if alert.firing_at.is_some() {
        "resolved"
    } else {
        "no longer"
    };
    let times = [
        ("near", near),
        ("pending", alert.pending_at),
        ("firing", alert.firing_at),
        ("notified", alert.notified_at),
        (ended, alert.resolved_at),
        ("resolve notified", alert.resolve_notified_at),
    ];
    let known = |(what, at): (&str, Option<_>)| Some(format!("{what} {}", since(began_at, at?)));
    let mut parts: Vec<_> = times.into_iter().filter_map(known).collect();
    if let (Some([earliest, latest]), Some(deadline_s)) = (alert.window_s, alert.deadline_s) {
        parts.push(format!(
            "window {earliest:.0}–{latest:.0} s, deadline {deadline_s:.0} s"
        ));
    } else if alert.firing_at.is_none() {
        parts.push("silent".to_owned());
    }
    let name = named(&alert.name, &alert.labels);
    format!("{name}: {}", parts.join(", "))
}

/// What it takes to repeat a run, as names and values; empty if it was not recorded.
pub(super) fn facts_to_repeat(provenance: &Provenance) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if let Some(commit) = &provenance.commit {
        let changes = if commit.is_changed {
            ", with uncommitted changes"
        } else {
            ""
        };
        facts.push(("commit".to_owned(), format!("{}{changes}", commit.id)));
    }
    facts.extend(provenance.versions.clone());
    let arguments: Vec<_> = provenance
        .arguments
        .iter()
        .map(|one| command_line(one))
        .collect();
    if arguments.iter().any(|one| !one.is_empty()) {
        facts.push(("arguments".to_owned(), arguments.join("; ")));
    }
    facts.extend(provenance.variables.clone());
    facts
}

/// Arguments as a shell takes them.
fn command_line(arguments: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    let quoted = |argument: &String| {
        if !argument.is_empty() && argument.chars().all(is_plain) {
            argument.clone()
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    arguments.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// A path with `/` between its folders.
pub(super) fn slashed(path: &Path) -> String {
    let names = path
        .components()
        .map(|name| name.as_os_str().to_string_lossy());
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::example_provenance;

    #[test]
    fn facts_to_repeat_a_run_name_its_commit_versions_arguments_and_variables() {
        let facts = facts_to_repeat(&example_provenance());
        let lines: Vec<_> = facts
            .into_iter()
            .map(|(name, fact)| format!("{name}: {fact}"))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        commit: c0ffee00, with uncommitted changes
        alertdrill: 0.1.0
        prometheus: 3.5.0
        arguments: feed_handler_stopped --exact; 'it'\''s $HOME'
        ALERT_RULES: candidate.yml
        ");
    }

    #[test]
    fn run_of_which_nothing_was_recorded_has_no_facts() {
        assert_eq!(facts_to_repeat(&Provenance::default()), []);
        let without_arguments = Provenance {
            arguments: vec![vec![]],
            ..Provenance::default()
        };
        assert_eq!(facts_to_repeat(&without_arguments), []);
    }
}
