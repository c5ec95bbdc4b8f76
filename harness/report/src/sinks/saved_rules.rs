//! What a terminal shows each time that a rules file was saved which is being watched: what changed
//! in it, which verdicts that changes, and what does not pass, with the line of the rule.

use std::path::Path;
use std::time::Duration;

use alertdrill_core::style::{bad, harmless, heading, outcome};
use alertdrill_core::{FieldChange, Outcome, RuleChange, UtcInstant, Verdict, VerdictChange};

use super::phrases::{tally, verdict_change};
use crate::model::line_of_reason;

/// At most so many changed rules are named.
const CHANGES: usize = 8;
/// A longer value is shown only where it differs.
const SHORT: usize = 60;
/// So many characters are shown on each side of what differs in a long value.
const AROUND: usize = 20;

/// A rules file that was saved, and what its rules come to.
#[derive(Clone, Copy, Debug)]
pub struct SavedRules<'a> {
    /// The file, as a reader can open it.
    pub file: &'a Path,
    /// Its text.
    pub text: &'a str,
    /// When it was read.
    pub at: UtcInstant,
    /// What changed since the last save, or why that cannot be told; `None` of the first look.
    pub changes: Option<Result<&'a [RuleChange], &'a str>>,
    /// The drills whose verdict changed since then.
    pub verdict_changes: &'a [VerdictChange],
    /// All drills.
    pub drills: &'a [JudgedDrill<'a>],
    /// How long it took to judge them.
    pub took: Duration,
}

/// A drill and what it comes to.
#[derive(Clone, Copy, Debug)]
pub struct JudgedDrill<'a> {
    /// Its name.
    pub name: &'a str,
    /// The lane that it ran on.
    pub lane: Option<&'a str>,
    /// What it comes to.
    pub verdict: &'a Verdict,
}

/// What is shown of a save: what changed, what that changes, what does not pass, and the totals.
#[must_use]
pub fn saved_text(saved: &SavedRules<'_>) -> String {
    let first = match saved.changes {
        None => format!("{} as it is", saved.file.display()),
        Some(Ok([])) => "saved; no rule changed".to_owned(),
        Some(Ok(changes)) => changes_text(changes),
        Some(Err(reason)) => format!("saved; what changed cannot be told: {reason}"),
    };
    let mut lines = vec![dated(saved.at, &first)];
    lines.extend(saved.verdict_changes.iter().map(verdict_change));
    let mut unpassed: Vec<_> = saved.drills.iter().collect();
    unpassed.retain(|drill| drill.verdict.outcome > Outcome::Skipped);
    unpassed.sort_by_key(|drill| std::cmp::Reverse(drill.verdict.outcome));
    lines.extend(
        unpassed
            .into_iter()
            .map(|drill| unpassed_text(drill, saved)),
    );
    let outcomes = saved.drills.iter().map(|drill| drill.verdict.outcome);
    lines.push(format!(
        "{}; {:.1} s",
        tally(outcomes),
        saved.took.as_secs_f64()
    ));
    lines.join("\n")
}

/// What is shown of a save that changed nothing.
#[must_use]
pub fn saved_again_text(at: UtcInstant, drills: &[JudgedDrill<'_>]) -> String {
    let outcomes = drills.iter().map(|drill| drill.verdict.outcome);
    dated(
        at,
        &format!("saved, and nothing changed: {}", tally(outcomes)),
    )
}

/// What is shown of rules that cannot be judged, for this reason; `last` are the verdicts that were
/// there before, and when the file was read that they are on.
#[must_use]
pub fn refused_text(
    at: UtcInstant,
    reason: &str,
    last: Option<(UtcInstant, &[JudgedDrill<'_>])>,
) -> String {
    let mut lines = vec![dated(at, &bad("these rules cannot be judged"))];
    lines.extend(harmless(reason).lines().map(|line| format!("  {line}")));
    lines.push(match last {
        Some((read_at, drills)) => {
            let outcomes = drills.iter().map(|drill| drill.verdict.outcome);
            format!(
                "the verdicts of {read_at} are the last: {}",
                tally(outcomes)
            )
        }
        None => "there are no verdicts yet".to_owned(),
    });
    lines.join("\n")
}

fn dated(at: UtcInstant, text: &str) -> String {
    format!("{} {text}", heading(at))
}

fn changes_text(changes: &[RuleChange]) -> String {
    let named = changes.iter().take(CHANGES).map(change_text);
    let mut texts: Vec<_> = named.collect();
    if changes.len() > CHANGES {
        texts.push(format!("and {} more", changes.len() - CHANGES));
    }
    harmless(&texts.join("; "))
}

fn change_text(change: &RuleChange) -> String {
    match change {
        RuleChange::Added { rule } => format!("{rule} added"),
        RuleChange::Removed { rule } => format!("{rule} removed"),
        RuleChange::Changed { rule, fields } => {
            let fields: Vec<_> = fields.iter().map(field_text).collect();
            format!("{rule}: {}", fields.join(", "))
        }
    }
}

fn field_text(change: &FieldChange) -> String {
    let field = &change.field;
    let one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let [old, new] = [&change.old, &change.new].map(|side| side.as_ref().map(one_line));
    match (old, new) {
        (Some(old), Some(new)) if old == new => format!("{field} set otherwise"),
        (Some(old), Some(new)) => {
            let [old, new] = where_they_differ(&old, &new);
            format!("{field} {old} → {new}")
        }
        (Some(old), None) => format!("no more {field} {}", beginning(&old)),
        (None, new) => format!("{field} {} added", beginning(&new.unwrap_or_default())),
    }
}

/// Two texts as they are if both are short, else without most of what they have in common at both
/// ends.
fn where_they_differ(old: &str, new: &str) -> [String; 2] {
    let [old, new] = [old, new].map(|text| text.chars().collect::<Vec<_>>());
    let shorter = old.len().min(new.len());
    if old.len().max(new.len()) <= SHORT {
        return [old, new].map(|text| text.into_iter().collect());
    }
    let alike = |(one, other): &(&char, &char)| one == other;
    let before = old.iter().zip(&new).take_while(alike).count();
    let after = old.iter().rev().zip(new.iter().rev());
    let after = after.take_while(alike).count().min(shorter - before);
    let (skipped, left_off) = (before.saturating_sub(AROUND), after.saturating_sub(AROUND));
    [old, new].map(|text| {
        let shown: String = text[skipped..text.len() - left_off].iter().collect();
        let [begins, ends] = [skipped, left_off].map(|count| if count > 0 { "…" } else { "" });
        format!("{begins}{shown}{ends}")
    })
}

fn beginning(text: &str) -> String {
    let mut shown: String = text.chars().take(SHORT).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A drill that does not pass, with each reason after the place that it points at, as compilers
/// have it.
fn unpassed_text(drill: &JudgedDrill<'_>, saved: &SavedRules<'_>) -> String {
    let verdict = drill.verdict;
    let on_lane = drill
        .lane
        .map_or_else(String::new, |lane| format!(" on {lane}"));
    let name = harmless(&format!("{}{on_lane}", drill.name));
    let mut lines = vec![format!("{} {name}", outcome(verdict.outcome))];
    lines.extend(verdict.reasons.iter().map(|reason| {
        let line = line_of_reason(reason, verdict, saved.text);
        let line = line.map_or_else(String::new, |line| format!(":{line}"));
        let file = saved.file.display();
        harmless(&format!(
            "  {file}{line}: {}: {}",
            reason.kind, reason.message
        ))
    }));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{at, example_verdict, folded};

    const RULES: &str = "groups:
  - name: feed
    rules:
      - alert: FeedHandlerDown
        expr: up == 0
";

    fn field(field: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
        let [old, new] = [old, new].map(|side| side.map(str::to_owned));
        let field = field.to_owned();
        FieldChange { field, old, new }
    }

    fn changed(fields: Vec<FieldChange>) -> RuleChange {
        let rule = "FeedHandlerDown".to_owned();
        RuleChange::Changed { rule, fields }
    }

    fn passed() -> Verdict {
        Verdict {
            outcome: Outcome::Pass,
            reasons: vec![],
            ..example_verdict()
        }
    }

    fn drills<'a>(failed: &'a Verdict, passed: &'a Verdict) -> [JudgedDrill<'a>; 2] {
        let drill = |name, lane, verdict| JudgedDrill {
            name,
            lane,
            verdict,
        };
        [
            drill("feed_handler_restarted", None, passed),
            drill("feed_handler_stopped", Some("okx"), failed),
        ]
    }

    fn shown(changes: Option<Result<&[RuleChange], &str>>) -> String {
        let (failed, passed) = (example_verdict(), passed());
        let text = saved_text(&SavedRules {
            file: Path::new("docker/alert_rules.yml"),
            text: RULES,
            at: at(0.0),
            changes,
            verdict_changes: &[VerdictChange {
                drill: "feed_handler_stopped".to_owned(),
                old: Outcome::Pass,
                new: Outcome::Fail,
                reasons: vec![],
            }],
            drills: &drills(&failed, &passed),
            took: Duration::from_millis(870),
        });
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn save_says_what_changed_which_verdicts_that_changes_and_where_the_failing_rule_is() {
        let changes = [
            changed(vec![field("for", Some("1m"), Some("2m"))]),
            RuleChange::Removed {
                rule: "Lag{cause=\"gone\"}".to_owned(),
            },
        ];
        insta::assert_snapshot!(shown(Some(Ok(&changes))), @r#"
        2025-11-23T05:41:40.000Z FeedHandlerDown: for 1m → 2m; Lag{cause="gone"} removed
        feed_handler_stopped: pass → FAIL
        FAIL feed_handler_stopped on okx
          docker/alert_rules.yml:4: resolve_not_delivered: `critical` was never notified
        1 passed, 1 failed, 0 could not be tested; 0.9 s
        "#);
    }

    fn first_line(changes: Option<Result<&[RuleChange], &str>>) -> String {
        let text = shown(changes);
        text.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn first_line_says_when_nothing_is_known_to_have_changed_and_why() {
        let lines = [
            first_line(None),
            first_line(Some(Ok(&[]))),
            first_line(Some(Err("failed to read r.yml: duplicate key"))),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r"
        2025-11-23T05:41:40.000Z docker/alert_rules.yml as it is
        2025-11-23T05:41:40.000Z saved; no rule changed
        2025-11-23T05:41:40.000Z saved; what changed cannot be told: failed to read r.yml: duplicate key
        ");
    }

    #[test]
    fn long_values_are_shown_where_they_differ_and_many_changes_are_counted() {
        let long = |limit: &str| {
            format!(
                "time() - last_over_time(feed_handler_last_message_timestamp[1m])\n  > {limit} and \
                 on (job) max by (job) (up offset 5m)"
            )
        };
        let fields = vec![
            field("expr", Some(&long("120")), Some(&long("60"))),
            field("annotation summary", None, Some(&long("60"))),
            field("keep_firing_for", Some("5m"), None),
            field("label x", Some("a b"), Some("a  b")),
        ];
        insta::assert_snapshot!(folded(&first_line(Some(Ok(&[changed(fields)])))), @r"
        2025-11-23T05:41:40.000Z FeedHandlerDown: expr …ge_timestamp[1m]) > 120 and on
        (job) max b… → …ge_timestamp[1m]) > 60 and on (job) max b…, annotation summary
        time() - last_over_time(feed_handler_last_message_timestamp[… added, no more
        keep_firing_for 5m, label x set otherwise
        ");
        let many = vec![
            RuleChange::Added {
                rule: "A".to_owned()
            };
            10
        ];
        assert!(first_line(Some(Ok(&many))).ends_with("A added; and 2 more"));
    }

    #[test]
    fn texts_that_overlap_where_they_repeat_themselves_are_cut_only_where_they_are_alike() {
        let (old, new) = ("a".repeat(70), "a".repeat(90));
        let [old, new] = where_they_differ(&old, &new);
        assert_eq!((old.len(), new.len()), (20 + 3, 40 + 3));
    }

    #[test]
    fn rules_that_cannot_be_judged_keep_the_last_verdicts_with_their_date() {
        let (failed, passed) = (example_verdict(), passed());
        let drills = drills(&failed, &passed);
        let reason = "Prometheus refuses the rules of r.yml:\nr.yml: 3:1: unclosed parenthesis";
        let texts = [
            refused_text(at(60.0), reason, Some((at(0.0), &drills))),
            refused_text(at(60.0), reason, None),
            saved_again_text(at(61.0), &drills),
        ];
        let texts = anstream::adapter::strip_str(&texts.join("\n")).to_string();
        insta::assert_snapshot!(texts, @r"
        2025-11-23T05:42:40.000Z these rules cannot be judged
          Prometheus refuses the rules of r.yml:
          r.yml: 3:1: unclosed parenthesis
        the verdicts of 2025-11-23T05:41:40.000Z are the last: 1 passed, 1 failed, 0 could not be tested
        2025-11-23T05:42:40.000Z these rules cannot be judged
          Prometheus refuses the rules of r.yml:
          r.yml: 3:1: unclosed parenthesis
        there are no verdicts yet
        2025-11-23T05:42:41.000Z saved, and nothing changed: 1 passed, 1 failed, 0 could not be tested
        ");
    }
}
