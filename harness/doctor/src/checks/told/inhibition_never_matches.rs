//! An inhibition that mutes nothing.

use std::collections::BTreeSet;

use alertdrill_core::Finding;

use super::told_case::{ToldCase, misfit, values_in_words};
use crate::checks::check::{Case, Check, Said};
use crate::routing::{Alert, Inhibition, LabelValue, Matcher, Verdict, verdict_of_all};

pub(in crate::checks) const INHIBITION_NEVER_MATCHES: Check = Check {
    id: "told/inhibition-never-matches",
    title: "an inhibition mutes nothing",
    run,
};

const HELP: &str =
    "let its matchers and `equal` agree with the labels of your rules, or take it away";

/// So many pairs of alerts are compared; what hangs on more is not said.
const MOST_PAIRS: usize = 1_000_000;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    if !told.knows_all_alerts() || told.routing.inhibitions.is_empty() {
        return Vec::new();
    }
    let alerts = told.alerts();
    let file = &told.alertmanager.file;
    let findings = told.routing.inhibitions.iter().filter_map(|inhibition| {
        let (said, matcher) = why_it_mutes_nothing(inhibition, &alerts)?;
        let place = matcher.map_or(inhibition.place, |matcher| matcher.place);
        Some(said.at(INHIBITION_NEVER_MATCHES.id, &file.path, place))
    });
    findings.collect()
}

fn why_it_mutes_nothing<'a>(
    inhibition: &'a Inhibition,
    alerts: &[Alert<'_>],
) -> Option<(Said, Option<&'a Matcher>)> {
    let are_the_same = inhibition.shown_source() == inhibition.shown_target();
    if are_the_same {
        // `told/inhibition-mutes-itself` says it.
        return None;
    }
    for (matchers, what) in [
        (&inhibition.source, "mute"),
        (&inhibition.target, "be muted"),
    ] {
        if alerts
            .iter()
            .any(|alert| takes(matchers, alert) != Verdict::No)
        {
            continue;
        }
        let alone = matchers.iter().find(|matcher| {
            let mut all = alerts.iter();
            all.all(|alert| matcher.takes(&alert.value_of(&matcher.label)) == Verdict::No)
        });
        let message = if let Some(matcher) = alone {
            let values = values_in_words(alerts, &matcher.label);
            format!(
                "no alert has {} ({values}), so none can {what}",
                matcher.shown
            )
        } else {
            let shown: Vec<_> = matchers.iter().map(|it| it.shown.as_str()).collect();
            format!(
                "no alert has all of {}, so none can {what}",
                shown.join(", ")
            )
        };
        return Some((Said::warning(message, HELP), alone.or(matchers.first())));
    }
    let sides = Sides::of(inhibition, alerts);
    if sides.may_mute()? {
        let sides = [&inhibition.source, &inhibition.target];
        let found = sides.into_iter().find_map(|side| misfit(side, alerts));
        return found.map(|(said, matcher)| (said, Some(matcher)));
    }
    let message = match sides.label_that_differs() {
        Some(label) => format!(
            "no alert that mutes has the same `{label}` as one that is muted, and `equal` asks for \
             it"
        ),
        None => "no alert that mutes has the labels of `equal` as one that is muted".to_owned(),
    };
    Some((Said::warning(message, HELP), None))
}

fn takes(matchers: &[Matcher], alert: &Alert<'_>) -> Verdict {
    verdict_of_all(matchers, |label| alert.value_of(label))
}

/// The different alerts that mute, and that are muted, by what an inhibition asks of them.
struct Sides<'a> {
    inhibition: &'a Inhibition,
    sources: BTreeSet<Side>,
    targets: BTreeSet<Side>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    /// The values of the labels of `equal`.
    values: Vec<Shown>,
    /// Whether it surely is on the other side too.
    is_on_both: bool,
}

/// What is known of a label of `equal`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    /// It is this one, or none if this is empty.
    One(String),
    /// It is there, and its value is not known.
    Some,
    Unknown,
}

impl Shown {
    fn of(alert: &Alert<'_>, label: &str) -> Self {
        match alert.value_of(label) {
            LabelValue::Absent => Self::One(String::new()),
            LabelValue::One(value) => Self::One(value),
            LabelValue::Unknown if alert.surely_has(label) => Self::Some,
            LabelValue::Unknown => Self::Unknown,
        }
    }

    /// Whether both may be the same.
    fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(one), Self::One(other)) => one == other,
            (Self::Some, Self::One(value)) | (Self::One(value), Self::Some) => !value.is_empty(),
            _ => true,
        }
    }
}

impl<'a> Sides<'a> {
    fn of(inhibition: &'a Inhibition, alerts: &[Alert<'_>]) -> Self {
        let mut sides = Self {
            inhibition,
            sources: BTreeSet::new(),
            targets: BTreeSet::new(),
        };
        for alert in alerts {
            let source = takes(&inhibition.source, alert);
            let target = takes(&inhibition.target, alert);
            let side = || Side {
                values: inhibition
                    .equal
                    .iter()
                    .map(|label| Shown::of(alert, &label.text))
                    .collect(),
                is_on_both: source == Verdict::Yes && target == Verdict::Yes,
            };
            if source != Verdict::No {
                sides.sources.insert(side());
            }
            if target != Verdict::No {
                sides.targets.insert(side());
            }
        }
        sides
    }

    /// Whether one may mute another; `None` if there are too many to tell.
    fn may_mute(&self) -> Option<bool> {
        self.any_pair(|source, target| {
            // Alertmanager leaves alone what is on both sides.
            let both = source.is_on_both && target.is_on_both;
            let mut values = source.values.iter().zip(&target.values);
            !both && values.all(|(a, b)| a.may_be(b))
        })
    }

    /// The label of `equal` that no two have alike.
    fn label_that_differs(&self) -> Option<&str> {
        let mut labels = self.inhibition.equal.iter().enumerate();
        let differs = labels.find(|(number, _)| {
            let may_agree = self
                .any_pair(|source, target| source.values[*number].may_be(&target.values[*number]));
            may_agree == Some(false)
        });
        differs.map(|(_, label)| label.text.as_str())
    }

    fn any_pair(&self, fits: impl Fn(&Side, &Side) -> bool) -> Option<bool> {
        let pairs = self.sources.len().saturating_mul(self.targets.len());
        let mut sources = self
            .sources
            .iter()
            .take(MOST_PAIRS / self.targets.len().max(1) + 1);
        let found = sources.any(|source| self.targets.iter().any(|target| fits(source, target)));
        (found || pairs <= MOST_PAIRS).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/inhibition-never-matches";
    const RULES: &str = "--- rules.yml
groups:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, labels: {severity: critical}}
      - {alert: Slow, expr: x > 1, labels: {severity: warning}}
";

    fn project(inhibition: &str) -> String {
        format!(
            "--- alertmanager.yml\nroute: {{receiver: a}}\nreceivers: [{{name: a}}]\n\
             inhibit_rules:\n  - {inhibition}\n{RULES}"
        )
    }

    #[test]
    fn side_that_no_alert_is_on_is_found() {
        assert_finds(
            ID,
            &project("{source_match: {severity: page}, target_match: {severity: warning}}"),
            &[
                "alertmanager.yml:4:31 warning: no alert has severity=\"page\" (they have \
               `critical`, `warning`), so none can mute",
            ],
        );
        assert_finds(
            ID,
            &project("{source_matchers: [severity=critical], target_matchers: [severity=info]}"),
            &["alertmanager.yml:4:71 warning: no alert has severity=\"info\""],
        );
    }

    #[test]
    fn equal_that_never_holds_is_found() {
        assert_finds(
            ID,
            &project(
                "{source_match: {severity: critical}, target_match: {severity: warning}, equal: \
                 [alertname, instance]}",
            ),
            &[
                "alertmanager.yml:4:5 warning: no alert that mutes has the same `alertname` as one \
               that is muted, and `equal` asks for it",
            ],
        );
    }

    #[test]
    fn label_that_one_side_lacks_and_the_other_surely_has_is_found() {
        let inhibition = "{source_match: {severity: critical}, target_match: {severity: warning}, \
        equal: [job, instance]}";
        let summed = project(inhibition).replace("x > 1", "sum by (job) (x) > 1");
        assert_finds(
            ID,
            &summed,
            &["alertmanager.yml:4:5 warning: no alert that mutes has the same `instance`"],
        );
        // Both lack it, or it is not known.
        assert_silent(ID, &summed.replace("up == 0", "sum(up) == 0"));
        assert_silent(ID, &summed.replace("up == 0", "y == 0"));
    }

    #[test]
    fn alternative_that_fits_a_part_of_a_name_only_is_found() {
        let inhibition = |pattern: &str| {
            let inhibition = format!(
                "{{source_match: {{alertname: Down}}, target_match_re: {{alertname: '{pattern}'}}, \
                 equal: [team]}}"
            );
            let more = "      - {alert: DiskFullSoon, expr: y > 1}\n";
            format!("{}{more}", project(&inhibition))
        };
        assert_finds(
            ID,
            &inhibition("Slow|.*Full"),
            &["alertmanager.yml:4:68 warning: `.*Full` takes no alert"],
        );
        for fine in ["Slow|.*Full.*", "Slow|Disk.*|Full", "Slow|Heat"] {
            assert_silent(ID, &inhibition(fine));
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for inhibition in [
            "{source_match: {severity: critical}, target_match: {severity: warning}, equal: \
             [instance]}",
            "{source_match: {severity: critical}, target_match: {severity: warning}, equal: \
             [team]}",
            "{source_match: {alertname: Down}, target_match_re: {severity: '.*'}, equal: [job]}",
            "{source_matchers: ['severity=\"critical\"'], target_matchers: \
             ['severity!=\"critical\"']}",
            "{source_match: {cluster: a}, target_match: {severity: warning}}",
        ] {
            assert_silent(ID, &project(inhibition));
        }
        let same_name = project(
            "{source_match: {severity: critical}, target_match: {severity: warning}, equal: \
             [alertname]}",
        );
        assert_silent(ID, &same_name.replace("alert: Slow", "alert: Down"));
        assert_silent(
            ID,
            &project("{source_match: {severity: x}}").replace(RULES, "--- rules.yml\ngroups: []\n"),
        );
    }
}
