//! Whether the words of a notification help whoever reads them at night: nothing failed or is
//! empty, the culprit is named, the runbook is this alert's.
//!
//! The words are judged as they were received. The rule's template only tells where a value
//! belongs. Its `$labels` are those of the expression's result: the rule's own labels are added
//! later (`rules/alerting.go`), so that a template that names one of these prints nothing.

use super::expected::Judge;
use crate::template::{Piece, pieces, printed_label};
use crate::{ExpectedAlert, Labels, LoadedRule, ReasonKind};

/// What Prometheus and Go's templates print in place of a value that they cannot print
/// (`rules/alerting.go`, `text/template`).
const FAILED: [(&str, &str); 2] = [
    ("<error expanding template", "its template failed"),
    ("<no value>", "it names a value that is not there"),
];
/// Numbers that tell a reader nothing, as Go prints them.
const NO_NUMBERS: [&str; 3] = ["NaN", "+Inf", "-Inf"];
/// The annotations of which one has to name the culprit.
const NAMING: [&str; 2] = ["summary", "description"];
/// The annotation that leads to the runbook.
const RUNBOOK: &str = "runbook_url";

impl Judge<'_> {
    /// Judges the words of an alert that fired with `labels`.
    pub(super) fn judge_words(&mut self, labels: &Labels, annotations: &Labels) {
        let expected = self.expected;
        let text_of = |name| annotations.get(name).map_or("", |text| text.trim());
        // A replay delivers nothing.
        let delivered = match self.timeline.replayed {
            Some(_) => "would be delivered",
            None => "was delivered",
        };
        let required = expected.annotations.iter().flatten().map(String::as_str);
        let missing: Vec<_> = required.filter(|name| text_of(*name).is_empty()).collect();
        if !missing.is_empty() {
            let message = format!("{expected} {delivered} without {}", missing.join(", "));
            self.blame(ReasonKind::MissingAnnotations, message);
        }
        for complaint in unhelpful_words(expected, self.rule, labels, annotations) {
            let message =
                format!("{expected} {delivered} with words that do not help: {complaint}");
            self.blame(ReasonKind::UnhelpfulWords, message);
        }
    }
}

/// What is wrong with the `annotations` that `expected`, an alert of `rule` that fired with
/// `labels`, was delivered with; each as the end of a sentence. Empty if nothing is.
fn unhelpful_words(
    expected: &ExpectedAlert,
    rule: &LoadedRule,
    labels: &Labels,
    annotations: &Labels,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, text) in annotations {
        let template = rule.annotations.get(name).map_or("", String::as_str);
        let complaint = misprint(text, template)
            .or_else(|| pieces_missing(text, template, rule, labels))
            .map(|complaint| format!("its {name} is \"{text}\": {complaint}"));
        complaints.extend(complaint);
    }
    complaints.extend(culprit_not_named(expected, annotations));
    complaints.extend(other_runbook(expected, annotations));
    complaints
}

/// Something that a template prints when it goes wrong.
fn misprint(text: &str, template: &str) -> Option<String> {
    let mut failed = FAILED.iter();
    if let Some((_, complaint)) = failed.find(|(printed, _)| text.contains(printed)) {
        return Some((*complaint).to_owned());
    }
    if has_format_error(text) {
        return Some("a number or a text is printed by a format that is not its own".to_owned());
    }
    let mut numbers = NO_NUMBERS.iter();
    let printed = |number: &&&str| has_word(text, number) && !template.contains(**number);
    let number = numbers.find(printed)?;
    Some(format!("its value is {number}"))
}

/// Whether it has an error of Go's package `fmt`: `%!d(string=hi)`, for example.
fn has_format_error(text: &str) -> bool {
    text.match_indices("%!").any(|(place, marker)| {
        let mut after = text[place + marker.len()..].chars();
        let verb = after.next();
        verb == Some('(') || verb.is_some_and(char::is_alphabetic) && after.next() == Some('(')
    })
}

/// The first value outside of blocks that the template prints and the text has not.
fn pieces_missing(
    text: &str,
    template: &str,
    rule: &LoadedRule,
    labels: &Labels,
) -> Option<String> {
    let pieces = pieces(template);
    pieces.iter().enumerate().find_map(|(place, piece)| {
        let Piece::Action(action) = piece else {
            return None;
        };
        let missing = label_missing(action, text, rule, labels);
        let is_empty = || printed_nothing(&pieces, place, text);
        let empty = || is_empty().then(|| format!("nothing stands where `{action}` belongs"));
        missing.or_else(empty)
    })
}

/// A label that the action prints, and that the alert has not or the text does not show.
fn label_missing(action: &str, text: &str, rule: &LoadedRule, labels: &Labels) -> Option<String> {
    let printed = printed_label(action)?;
    let name = printed.name;
    // The result may have had another value than the label that the rule puts in its place.
    let is_of_the_rule = rule.labels.contains_key(name) || name == "alertname";
    if is_of_the_rule || name == "__name__" {
        return None;
    }
    match labels.get(name) {
        None => Some(format!("`{action}` names a label that the alert has not")),
        Some(value) if printed.as_it_is && !contains(text, value) => {
            Some(format!("`{action}` is \"{value}\", which it does not say"))
        }
        Some(_) => None,
    }
}

/// Whether what stands before and after the piece at `place` follow each other in `text`. Unknown,
/// and so false, where a neighbour is no text.
fn printed_nothing(pieces: &[Piece<'_>], place: usize, text: &str) -> bool {
    let neighbour = |place: Option<usize>| match place.and_then(|place| pieces.get(place)) {
        None => Some(None),
        Some(Piece::Text(text)) => Some(Some(*text)),
        Some(Piece::Action(_) | Piece::MayBeEmpty) => None,
    };
    let before = neighbour(place.checked_sub(1));
    match (before, neighbour(Some(place + 1))) {
        (Some(None), Some(None)) => text.is_empty(),
        (Some(None), Some(Some(after))) => text.starts_with(after),
        (Some(Some(before)), Some(None)) => text.ends_with(before),
        (Some(Some(before)), Some(Some(after))) => text.contains(&format!("{before}{after}")),
        _ => false,
    }
}

fn culprit_not_named(expected: &ExpectedAlert, annotations: &Labels) -> Option<String> {
    let texts = || NAMING.iter().filter_map(|name| annotations.get(*name));
    let label_of = |label: &String| Some((label.clone(), expected.labels.get(label)?.clone()));
    let mut culprits = expected.culprits.iter().filter_map(label_of);
    let (label, value) = culprits.find(|(_, value)| !texts().any(|text| names(text, value)))?;
    let said: Vec<_> = texts().map(|text| format!("\"{}\"", text.trim())).collect();
    Some(format!(
        "neither its summary nor its description names the {label} \"{value}\": {}",
        said.join(", ")
    ))
}

fn other_runbook(expected: &ExpectedAlert, annotations: &Labels) -> Option<String> {
    let runbook = expected.runbook.as_ref()?;
    let named = annotations.get(RUNBOOK).map_or("", |named| named.trim());
    let is_required = || {
        let required = expected.annotations.iter().flatten();
        required.into_iter().any(|required| required == RUNBOOK)
    };
    if named.is_empty() {
        // That a required annotation is not there is said already.
        return (!is_required()).then(|| format!("it names no runbook; its runbook is {runbook}"));
    }
    let page = named.split(['#', '?']).next().unwrap_or(named);
    let is_it = |named: &str| {
        let before = named.strip_suffix(runbook.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    (!is_it(named) && !is_it(page))
        .then(|| format!("its {RUNBOOK} is \"{named}\", its runbook is {runbook}"))
}

/// Whether `text` has `value`, in whatever case.
fn contains(text: &str, value: &str) -> bool {
    text.to_lowercase().contains(&value.to_lowercase())
}

/// Whether `text` names `value`, in whatever case, and not something longer.
fn names(text: &str, value: &str) -> bool {
    has_word(&text.to_lowercase(), &value.to_lowercase())
}

/// Whether `word` stands in `text` without a letter or a digit beside it.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(place, _)| {
        let goes_on = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        let (before, after) = (&text[..place], &text[place + word.len()..]);
        !goes_on(before.chars().next_back()) && !goes_on(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What is said of a summary that the template gave, of an alert of binance.
    fn said_of(template: &str, text: &str) -> String {
        let rule = LoadedRule {
            annotations: labels(&[("summary", template)]),
            labels: labels(&[("severity", "critical")]),
            ..LoadedRule::example("A")
        };
        let alert = labels(&[("exchange", "binance"), ("severity", "critical")]);
        let received = labels(&[("summary", text)]);
        unhelpful_words(&expected(), &rule, &alert, &received).join("; ")
    }

    fn expected() -> ExpectedAlert {
        ExpectedAlert::new("A", "critical", Duration::from_secs(1)).label("exchange", "binance")
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn words_that_say_what_their_template_means_help() {
        for (template, text) in [
            (
                "Feed of {{ $labels.exchange }} is down",
                "Feed of binance is down",
            ),
            ("{{$labels.exchange}} is down", "binance is down"),
            ("{{ .Labels.exchange | title }} is down", "Binance is down"),
            ("down: {{- $labels.exchange -}} !", "down:binance!"),
            (
                "{{ $value | humanize }} behind on {{ $labels.exchange }}",
                "3k behind on binance",
            ),
            ("{{ if $labels.zone }}in {{ $labels.zone }}{{ end }}.", "."),
            (
                "{{ $labels.exchange | reReplaceAll \"b\" \"c\" }}",
                "cinance",
            ),
            ("{{ with query \"x\" }}{{ . | first | value }}{{ end }}", ""),
            ("NaN is no number", "NaN is no number"),
            ("100%! {{ $labels.exchange }}", "100%! binance"),
        ] {
            assert_eq!(said_of(template, text), "", "{template}");
        }
    }

    #[test]
    fn words_that_failed_or_are_empty_where_a_value_belongs_do_not_help() {
        let why = |template: &str, text: &str, words: &str| {
            let said = said_of(template, text);
            assert!(said.contains(words), "{template}: {said}");
            assert!(
                said.contains(&format!("its summary is \"{text}\": ")),
                "{said}"
            );
        };
        let failed = "<error expanding template: error executing template>";
        why("{{ $labels.x | foo }}", failed, "its template failed");
        why("{{ $x.y }}", "of <no value>", "a value that is not there");
        let format = "%!d(float64=3) behind";
        why(
            "{{ printf \"%d\" $value }} behind",
            format,
            "a format that is not its own",
        );
        why("{{ $value }} s", "NaN s", "its value is NaN");
        why("{{ $value | humanize }} s", "+Inf s", "its value is +Inf");
        let absent = "names a label that the alert has not";
        why("Feed of {{ $labels.exchnge }}", "Feed of ", absent);
        why("Feed of {{ .Labels.venue | title }}!", "Feed of !", absent);
        why(
            "{{ $labels.exchange }} is down",
            "okx is down",
            "which it does not say",
        );
    }

    #[test]
    fn label_that_the_rule_itself_adds_prints_nothing() {
        let said = said_of("a {{ $labels.severity }} alert", "a  alert");
        assert!(
            said.contains("nothing stands where `$labels.severity` belongs"),
            "{said}"
        );
        // The expression's result has a label of that name too.
        assert_eq!(
            said_of("a {{ $labels.severity }} alert", "a minor alert"),
            ""
        );
        let nothing = "nothing stands where";
        assert!(said_of("{{ $labels.severity }} alert", " alert").contains(nothing));
        assert!(said_of("alert: {{ $labels.severity }}", "alert: ").contains(nothing));
        assert!(said_of("up for {{ printf \"\" }} s", "up for  s").contains(nothing));
    }

    #[test]
    fn culprit_is_named_in_the_summary_or_the_description_and_is_no_part_of_another_name() {
        let said = |summary: &str, description: &str| {
            let alert = ExpectedAlert {
                culprits: vec!["exchange".to_owned()],
                ..expected()
            };
            let received = labels(&[("summary", summary), ("description", description)]);
            let rule = LoadedRule::example("A");
            unhelpful_words(&alert, &rule, &alert.labels, &received).join("; ")
        };
        assert_eq!(said("Binance is down", "x"), "");
        assert_eq!(said("x", "handler-binance is down"), "");
        assert_eq!(
            said("a feed is down", "see binanceus"),
            "neither its summary nor its description names the exchange \"binance\": \
             \"a feed is down\", \"see binanceus\""
        );
    }

    #[test]
    fn runbook_is_this_alerts_own() {
        let said = |named: Option<&str>, required: bool| {
            let alert = ExpectedAlert {
                runbook: Some("docs/A.md".to_owned()),
                annotations: required.then(|| vec![RUNBOOK.to_owned()]),
                ..expected()
            };
            let named = named.map(|named| (RUNBOOK.to_owned(), named.to_owned()));
            let received = named.into_iter().collect();
            let rule = LoadedRule::example("A");
            unhelpful_words(&alert, &rule, &alert.labels, &received).join("; ")
        };
        for right in [
            "docs/A.md",
            "https://wiki/docs/A.md",
            "https://wiki/docs/A.md#what",
        ] {
            assert_eq!(said(Some(right), true), "", "{right}");
        }
        assert_eq!(
            said(Some("docs/B.md"), true),
            "its runbook_url is \"docs/B.md\", its runbook is docs/A.md"
        );
        assert!(said(Some("olddocs/A.md"), true).contains("its runbook is docs/A.md"));
        assert_eq!(said(None, true), "", "said as a missing annotation");
        assert_eq!(
            said(None, false),
            "it names no runbook; its runbook is docs/A.md"
        );
    }
}
