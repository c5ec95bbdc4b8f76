//! A value that the alert's text shows a hundred times too large or too small, or as the metric's own
//! where it is how fast that changes.

use alertdrill_core::Finding;
use promql_parser::parser::Expr;

use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Comparison, Guess, Interval, Reading, argument, call, conjuncts, name_of, selector,
};
use crate::template::actions_of;

pub(in crate::checks) const VALUE_IN_OTHER_UNIT: Check = Check {
    id: "helpful/value-in-other-unit",
    title: "an alert's text shows its value in another unit",
    run,
};

const OF_A_SHARE: &str = "humanizePercentage";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for rule in case.checkout.alerts() {
        findings.extend(slope_as_metric(rule));
        let Some(unit) = rule
            .expression
            .parsed
            .as_ref()
            .ok()
            .and_then(|expr| unit(&reading, expr))
        else {
            continue;
        };
        for (name, text) in &rule.annotations {
            let Some(shown) = shown_otherwise(&text.text, unit) else {
                continue;
            };
            findings.push(said(rule, unit, &name.text, &shown).of_rule(
                VALUE_IN_OTHER_UNIT.id,
                rule,
                text.place,
            ));
            break;
        }
    }
    findings
}

/// Functions whose results are changes for each second.
const SLOPES: [&str; 3] = ["deriv", "rate", "irate"];

/// That a text says `queue_length is {{ $value }}` where the value is how fast that changes.
fn slope_as_metric(rule: &Rule) -> Option<Finding> {
    let expr = rule.expression.parsed.as_ref().ok()?;
    let compared = Comparison::of(conjuncts(expr).first()?)?;
    let slope = call(compared.subject, &SLOPES)?;
    let metric = name_of(selector(argument(slope)?)?)?;
    let (name, text) = rule
        .annotations
        .iter()
        .find(|(_, text)| says_that_it_is_the_value(&text.text, metric))?;
    let (function, annotation) = (slope.func.name, &name.text);
    let said = Said::warning(
        format!(
            "`{annotation}` shows the value as that of `{metric}`, and it is what `{function}` makes of \
             it: its change for each second"
        ),
        "say what the value is, or ask for the metric itself in the text: `{{ with query … }}`",
    );
    Some(said.of_rule(VALUE_IN_OTHER_UNIT.id, rule, text.place))
}

/// Whether a text has the metric's name, or its end, and the value right behind: `queue_length is
/// {{ $value }}`.
fn says_that_it_is_the_value(text: &str, metric: &str) -> bool {
    let actions = actions_of(text).unwrap_or_default();
    actions.iter().any(|action| {
        let before = text.get(..action.offset).unwrap_or_default().trim_end();
        let before = before.strip_suffix("{{").unwrap_or(before).trim_end();
        let marks = [" is", "=", ":"];
        let named = marks.iter().find_map(|mark| before.strip_suffix(mark));
        let word = named.and_then(|named| named.split_whitespace().next_back());
        action.body.contains("$value")
            && word.is_some_and(|word| {
                let is_its_end = metric.ends_with(&format!("_{word}")) && word.contains('_');
                word == metric || is_its_end
            })
    })
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// 0 to 1
    Share,
    /// 0 to 100
    Percentage,
}

/// What the value of an alert surely is: that of the first of its conditions.
fn unit(reading: &Reading<'_>, expr: &Expr) -> Option<Unit> {
    let compared = Comparison::of(conjuncts(expr).first()?)?;
    let values =
        [Guess::Nothing, Guess::ByNames].map(|guess| reading.values(compared.subject, guess));
    let [surely, likely] = values;
    if surely == Interval::SHARE || likely == Interval::SHARE && compared.number < 1.0 {
        Some(Unit::Share)
    } else if likely == Interval::between(0.0, 100.0) && compared.number > 1.0 {
        Some(Unit::Percentage)
    } else {
        None
    }
}

/// How a text shows the value, if that is another unit's way.
fn shown_otherwise(text: &str, unit: Unit) -> Option<String> {
    let actions = actions_of(text).ok()?;
    let mut shown = actions.iter().filter(|action| {
        let first = action.body.split_whitespace().next().unwrap_or_default();
        action.body.contains("$value") && !["if", "with", "range", "else"].contains(&first)
    });
    let found = shown.find(|action| {
        let after = text
            .get(action.offset..)
            .and_then(|rest| rest.split_once("}}"));
        let is_before_a_mark = after.is_some_and(|(_, after)| after.trim_start().starts_with('%'));
        let as_share = action.body.contains(OF_A_SHARE);
        let is_scaled = action.body.contains("mul");
        match unit {
            Unit::Share => is_before_a_mark && !as_share && !is_scaled,
            Unit::Percentage => as_share,
        }
    })?;
    Some(found.body.to_owned())
}

fn said(rule: &Rule, unit: Unit, annotation: &str, shown: &str) -> Said {
    let of = &rule.name.text;
    match unit {
        Unit::Share => Said::warning(
            format!(
                "the value of `{of}` is a share, 0 to 1, and `{annotation}` shows it with a percent \
                 sign: 0.9% for 90 %"
            ),
            "write `{{ $value | humanizePercentage }}` without the sign",
        ),
        Unit::Percentage => Said::warning(
            format!(
                "the value of `{of}` is a percentage, 0 to 100, and `{{{{ {shown} }}}}` multiplies it by \
                 100: 9000% for 90 %"
            ),
            "write `{{ $value | humanize }}%`, or compare a share",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/value-in-other-unit";

    fn project(expression: &str, text: &str) -> String {
        format!(
            "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expression}\n    \
             annotations: {{summary: '{text}'}}\n"
        )
    }

    const SHARE: &str = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9";
    const PERCENTAGE: &str =
        "100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) > 90";

    #[test]
    fn share_with_a_percent_sign_is_found() {
        for text in ["at {{ $value }}%", "at {{ $value | printf \"%.2f\" }} %"] {
            assert_finds(
                ID,
                &project(SHARE, text),
                &["rules.yml:6:28 warning: the value of `A` is a share"],
            );
        }
    }

    #[test]
    fn percentage_that_is_multiplied_is_found() {
        let text = "at {{ $value | humanizePercentage }}";
        let expected = "rules.yml:6:28 warning: the value of `A` is a percentage";
        assert_finds(ID, &project(PERCENTAGE, text), &[expected]);
    }

    #[test]
    fn slope_that_is_called_the_metric_is_found() {
        let slope = "deriv(shop_queue_length[5m]) > 0";
        for text in [
            "queue_length is {{ $value | humanize }} and rising",
            "shop_queue_length: {{ $value }}",
        ] {
            let expected = "rules.yml:6:28 warning: `summary` shows the value as that of \
                            `shop_queue_length`";
            assert_finds(ID, &project(slope, text), &[expected]);
            assert_silent(ID, &project("shop_queue_length > 5", text));
        }
        for text in [
            "queue_length grows by {{ $value }}",
            "length is {{ $value }}",
        ] {
            assert_silent(ID, &project(slope, text));
        }
    }

    #[test]
    fn others_are_silent() {
        assert_silent(ID, &project(SHARE, "at {{ $value | humanizePercentage }}"));
        assert_silent(ID, &project(SHARE, "at {{ $value }}"));
        assert_silent(ID, &project(PERCENTAGE, "at {{ $value }}%"));
        assert_silent(ID, &project("x > 0.9", "at {{ $value }}%"));
        assert_silent(
            ID,
            &project("x_percent > 90", "at {{ $value | humanizePercentage }}"),
        );
    }
}
