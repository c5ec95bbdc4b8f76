//! Alerts of which a receiver's text says nothing, because it shows annotations that they lack.

use std::collections::BTreeSet;

use alertdrill_project::yaml_tree::Node;

use super::references::{Of, references_of};
use crate::checks::check::Said;
use crate::checks::told::told_case::{ToldCase, names_in_words};
use crate::routing::{Alert, Receiver, Verdict};

/// What is said instead of annotations: all of them, or what is not read here.
const OTHER_WORDS: [&str; 4] = ["SortedPairs", "template", "define", ".Annotations }}"];

/// The place of the first annotation in the texts of one way to tell a receiver, and that alerts
/// have none of those that it shows.
pub(super) fn unsaid<'a>(
    told: &ToldCase<'_>,
    alerts: &[Alert<'_>],
    receiver: &Receiver,
    texts: &[&'a Node],
) -> Option<(&'a Node, usize, Said)> {
    let mut shown = BTreeSet::new();
    let mut first = None;
    for node in texts {
        let text = node.text()?;
        if OTHER_WORDS.iter().any(|word| text.contains(word)) {
            return None;
        }
        for reference in references_of(text) {
            let name = match (reference.of, reference.fields.as_slice()) {
                (Of::Notification, ["CommonAnnotations", name, ..])
                | (Of::Alert, ["Annotations", name, ..]) => *name,
                _ => continue,
            };
            first.get_or_insert((*node, reference.offset));
            shown.insert(name.to_owned());
        }
    }
    let (node, offset) = first?;
    let lacks_all = |alert: &&Alert<'_>| {
        let mut own = alert
            .rule
            .annotations
            .iter()
            .map(|(name, _)| name.text.as_str());
        has_words(alert) && !own.any(|name| shown.contains(name))
    };
    let reaches = |alert: &&Alert<'_>| {
        let root = told.routing.root.as_ref();
        let ways = root.map(|root| root.told_of(alert)).unwrap_or_default();
        let mut to_it = ways.iter().filter(|(name, _)| *name == receiver.name.text);
        to_it.any(|(_, verdict)| *verdict == Verdict::Yes)
    };
    let silent: Vec<_> = alerts.iter().filter(lacks_all).filter(reaches).collect();
    // That no alert has an annotation is told of each of them.
    if silent.is_empty() || !alerts.iter().any(|alert| !lacks_all(&alert)) {
        return None;
    }
    let own = silent.iter().flat_map(|alert| &alert.rule.annotations);
    let own: BTreeSet<_> = own.map(|(name, _)| format!("`{}`", name.text)).collect();
    let own: Vec<_> = own.into_iter().collect();
    let names = names_in_words(silent.iter().map(|alert| alert.rule.name.text.as_str()));
    let shown: Vec<_> = shown.iter().map(|name| format!("`{name}`")).collect();
    let said = Said::warning(
        format!(
            "of {names} it says nothing: it shows {}, and they have {} only",
            shown.join(", "),
            own.join(", ")
        ),
        "give the alerts the annotations that the text shows, or show theirs",
    );
    Some((node, offset, said))
}

/// Whether an alert has an annotation that is meant to be read.
fn has_words(alert: &Alert<'_>) -> bool {
    let links = ["url", "link", "runbook", "dashboard"];
    let mut names = alert
        .rule
        .annotations
        .iter()
        .map(|(name, _)| name.text.to_lowercase());
    names.any(|name| !links.iter().any(|link| name.contains(link)))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/empty-template";

    fn project(text: &str, annotations: &str) -> String {
        format!(
            "--- alertmanager.yml
route: {{receiver: a}}
receivers:
  - name: a
    slack_configs:
      - api_url_file: /a
        text: '{text}'
--- rules.yml
groups:
  - name: g
    rules:
      - {{alert: Down, expr: up == 0, annotations: {{summary: s}}}}
      - {{alert: Slow, expr: x > 1, annotations: {{{annotations}}}}}
"
        )
    }

    const SUMMARIES: &str = "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}";

    #[test]
    fn alert_without_the_annotations_that_are_shown_is_found() {
        assert_finds(
            ID,
            &project(SUMMARIES, "message: m"),
            &[
                "alertmanager.yml:6:38 warning: of `Slow` it says nothing: it shows `summary`, and \
               they have `message` only",
            ],
        );
    }

    #[test]
    fn alert_of_which_something_is_said_is_silent() {
        assert_silent(ID, &project(SUMMARIES, "summary: s, message: m"));
        assert_silent(
            ID,
            &project(SUMMARIES, "runbook_url: 'https://a.example.org'"),
        );
        let all = "{{ range .Alerts }}{{ .Annotations.summary }}{{ range .Annotations.SortedPairs \
                   }}{{ .Value }}{{ end }}{{ end }}";
        assert_silent(ID, &project(all, "message: m"));
    }
}
