//! What GitHub Actions shows beside the code: workflow commands that point at the rule whose alert
//! did not do what it must
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use std::path::Path;

use crate::model::{DrillReport, line_of_reason, line_of_rule};
use alertdrill_core::{Outcome, TextFile, Verdict};

/// Why the drill `name` did not pass, a command per reason: an error if an alert is to blame, a
/// warning if the alert could not be tested. The rule's line is looked for in the files `rules`.
#[must_use]
pub fn annotations(name: &str, verdict: &Verdict, rules: &[TextFile]) -> Vec<String> {
    let commands = verdict.reasons.iter().map(|reason| {
        let level = if reason.kind.outcome() == Outcome::Fail {
            "error"
        } else {
            "warning"
        };
        let place = place_in(rules, |text| line_of_reason(reason, verdict, text));
        let title = format!("{name}: {}", reason.kind);
        command(level, place, &title, &reason.message)
    });
    commands.collect()
}

/// A warning for each time in which an alert of `drill` has become slower than usual.
#[must_use]
pub fn slower_annotations(drill: &DrillReport, rules: &[TextFile]) -> Vec<String> {
    let commands = drill.slower().map(|(latency, trend)| {
        let place = place_in(rules, |text| {
            line_of_rule(text, &latency.alert, &latency.labels)
        });
        let title = format!("{}: slower than usual", drill.name);
        let message = format!("{} {trend}", latency.alert);
        command("warning", place, &title, &message)
    });
    commands.collect()
}

/// The first of the files that has such a line, and the line; else the first file.
fn place_in(rules: &[TextFile], line_of: impl Fn(&str) -> Option<usize>) -> (&Path, Option<usize>) {
    let mut found = rules.iter().filter_map(|file| {
        let line = line_of(&file.text)?;
        Some((file.path.as_path(), Some(line)))
    });
    let first = rules.first().map_or(Path::new(""), |file| &file.path);
    found.next().unwrap_or((first, None))
}

fn command(level: &str, place: (&Path, Option<usize>), title: &str, message: &str) -> String {
    let (file, line) = place;
    let line = line.map_or(String::new(), |line| format!(",line={line}"));
    format!(
        "::{level} file={}{line},title={}::{}",
        property(&file.display().to_string()),
        property(title),
        data(message)
    )
}

/// The escapes of a command's data (`toolkit`, `packages/core/src/command.ts`).
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{example_report, folded};
    use crate::{Milestone, Trend};
    use alertdrill_core::{Reason, ReasonKind};

    const RULES: &str = r#"groups:
  - name: feed
    rules:
      # alert: FeedHandlerDown, as it was
      - alert: FeedHandlerDown
        expr: up == 0
        labels:
          cause: handler_gone
      - alert: FeedHandlerDown
        expr: silent
        labels: 
          cause: "feed_silent"
      - alert: Lag
        expr: lag > 5
"#;

    fn verdict(reasons: Vec<Reason>) -> Verdict {
        let mut alert = example_report("okx").drills[0].alerts[0].clone();
        alert.labels.insert("cause".into(), "feed_silent".into());
        let collateral = vec![[("alertname".to_owned(), "Lag".to_owned())].into()];
        Verdict {
            outcome: Outcome::Fail,
            reasons,
            alerts: vec![alert],
            tolerated: vec![],
            not_decided: Vec::new(),
            collateral,
        }
    }

    fn commands(kind: ReasonKind, message: &str) -> String {
        let verdict = verdict(vec![Reason::new(kind, message)]);
        let rules = [
            TextFile::new("docker/recording.yml", "groups: []"),
            TextFile::new("docker/alert_rules.yml", RULES),
        ];
        folded(&annotations("x", &verdict, &rules).join("\n"))
    }

    #[test]
    fn reason_points_at_the_rule_whose_alert_did_not_do_what_it_must() {
        insta::assert_snapshot!(
            commands(ReasonKind::Late, "FeedHandlerDown fired at +130.0 s, its deadline is +120 s"),
            @r"
            ::error file=docker/alert_rules.yml,line=9,title=x%3A late::FeedHandlerDown
            fired at +130.0 s, its deadline is +120 s
            "
        );
        insta::assert_snapshot!(
            commands(ReasonKind::Collateral, "Lag fired"),
            @"::error file=docker/alert_rules.yml,line=13,title=x%3A collateral::Lag fired"
        );
    }

    #[test]
    fn what_could_not_be_tested_is_a_warning() {
        insta::assert_snapshot!(
            commands(ReasonKind::CouldNotObserve, "no answer"),
            @r"
            ::warning file=docker/alert_rules.yml,line=9,title=x%3A could_not_observe::no
            answer
            "
        );
    }

    #[test]
    fn text_of_a_log_cannot_end_a_command_or_begin_another() {
        insta::assert_snapshot!(
            commands(ReasonKind::CheckFailed, "100 % lost\n::error::all\r,:"),
            @r"
            ::error file=docker/alert_rules.yml,line=9,title=x%3A check_failed::100 %25
            lost%0A::error::all%0D,:
            "
        );
    }

    #[test]
    fn alert_that_has_become_slower_is_a_warning() {
        let mut drill = example_report("okx").drills.remove(0);
        drill.latencies = drill.known_latencies();
        let earlier_s = vec![60.0; 5];
        let slow = Trend {
            until: Milestone::Firing,
            now_s: 90.0,
            earlier_s,
            usual_s: Some([60.0, 60.0]),
            is_slower: true,
        };
        drill.latencies[0].trends = vec![
            Trend {
                is_slower: false,
                ..slow.clone()
            },
            slow,
        ];
        insta::assert_snapshot!(
            folded(&slower_annotations(&drill, &[TextFile::new("r.yml", RULES)]).join("\n")),
            @r"
            ::warning file=r.yml,line=5,title=feed_handler_stopped%3A slower than
            usual::FeedHandlerDown fired after the fault: 90.0 s, usually 60.0 to 60.0 s in
            5 runs before
            "
        );
    }
}
