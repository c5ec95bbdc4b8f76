//! A label that is another one with each value, so that each value is another alert.

use alertdrill_core::Finding;

use crate::checks::check::{Case, Check, Said};
use crate::template::actions_of;

pub(in crate::checks) const VALUE_IN_LABEL: Check = Check {
    id: "helpful/value-in-label",
    title: "an alert whose labels change with its value",
    run,
};

/// The first words of what only asks about the value.
const ASK: [&str; 5] = ["if", "else", "with", "range", "end"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in case.checkout.alerts() {
        for (name, text) in &rule.labels {
            let Ok(actions) = actions_of(&text.text) else {
                continue;
            };
            let writes = |body: &str| {
                let first = body.split_whitespace().next().unwrap_or_default();
                let names_value = body.contains("$value") || body.contains(".Value");
                names_value && !ASK.contains(&first)
            };
            if !actions.iter().any(|action| writes(action.body)) {
                continue;
            }
            let waits = rule.held_for.is_some();
            let outcome = if waits {
                "may begin to wait anew and never fire"
            } else {
                "ends, and another one fires"
            };
            let said = Said::warning(
                format!(
                    "the label `{}` holds the value: each time that it changes, the alert {outcome}",
                    name.text
                ),
                "put the value into an annotation, which may change",
            );
            findings.push(said.of_rule(VALUE_IN_LABEL.id, rule, text.place));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/value-in-label";

    fn project(label: &str, more: &str) -> String {
        format!(
            "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: x > 5\n    labels: \
             {{of: '{label}'}}\n{more}"
        )
    }

    #[test]
    fn label_with_the_value_is_found() {
        let waits = "    for: 5m\n";
        let expected = "rules.yml:6:18 warning: the label `of` holds the value: each time that it changes, \
                        the alert may begin to wait anew";
        assert_finds(ID, &project("{{ $value }}", waits), &[expected]);
        for label in ["{{ $value | humanize }}", "{{ printf \"%.1f\" .Value }}"] {
            assert_finds(ID, &project(label, ""), &["rules.yml:6:18 warning"]);
        }
    }

    #[test]
    fn others_are_silent() {
        for label in [
            "page",
            "{{ $labels.job }}",
            "{{ if gt $value 90.0 }}page{{ else }}mail{{ end }}",
        ] {
            assert_silent(ID, &project(label, ""));
        }
        assert_silent(
            ID,
            &project("a", "    annotations: {summary: '{{ $value }}'}\n"),
        );
    }
}
