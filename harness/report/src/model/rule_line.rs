//! At which line of a rules file the rule begins that something is about.

use alertdrill_core::{Labels, Reason, ReasonKind, Verdict};

/// The line, counted from 1, of the rule whose alert a `reason` of `verdict` speaks of: the first
/// that it names, else the drill's first. `None` if there is no such rule in `rules`, the text of a
/// rules file.
pub(crate) fn line_of_reason(reason: &Reason, verdict: &Verdict, rules: &str) -> Option<usize> {
    let alerts = verdict.alerts.iter();
    let alerts = alerts.map(|alert| (alert.name.as_str(), &alert.labels));
    let collateral = verdict.collateral.iter();
    let undeclared =
        collateral.filter_map(|labels| Some((labels.get("alertname")?.as_str(), labels)));
    let all: Vec<_> = if reason.kind == ReasonKind::Collateral {
        undeclared.collect()
    } else {
        alerts.collect()
    };
    let named = all.iter();
    let named = named
        .clone()
        .find(|(alert, _)| reason.message.contains(alert));
    let (alert, labels) = named.or(all.first())?;
    line_of_rule(rules, alert, labels)
}

/// The line, counted from 1, at which the rule of an alert begins. Of several rules with its name,
/// it is the one that adds most of its labels.
pub(crate) fn line_of_rule(rules: &str, alert: &str, labels: &Labels) -> Option<usize> {
    let lines: Vec<_> = rules
        .lines()
        .map(|line| line.trim().trim_start_matches("- "))
        .collect();
    let begins = |line: &&str| {
        line.strip_prefix("alert:")
            .map(|name| unquoted(name) == alert)
    };
    let adds = |start: &usize| {
        let own = lines[start + 1..]
            .iter()
            .take_while(|line| begins(line).is_none());
        own.filter(|line| {
            line.split_once(':').is_some_and(|(name, value)| {
                labels
                    .get(name)
                    .is_some_and(|label| label == unquoted(value))
            })
        })
        .count()
    };
    let starts = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| begins(line) == Some(true))
        .map(|(number, _)| number);
    // `max_by_key` takes the last of equals: reversed, that is the first in the file.
    starts.rev().max_by_key(adds).map(|start| start + 1)
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"groups:
  - name: feed
    rules:
      # alert: FeedHandlerDown, as it was
      - alert: FeedHandlerDown
        labels: {cause: handler_gone}
      - alert: FeedHandlerDown
        labels:
          cause: "feed_silent"
"#;

    #[test]
    fn rule_that_adds_most_of_the_labels_is_meant_and_one_that_is_not_there_has_no_line() {
        let silent = [("cause".to_owned(), "feed_silent".to_owned())].into();
        assert_eq!(line_of_rule(RULES, "FeedHandlerDown", &silent), Some(7));
        assert_eq!(
            line_of_rule(RULES, "FeedHandlerDown", &Labels::new()),
            Some(5)
        );
        assert_eq!(line_of_rule(RULES, "Gone", &Labels::new()), None);
    }
}
