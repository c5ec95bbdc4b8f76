//! The table of alerts: per rule that is loaded, which drills prove it, and how its times stand
//! against what was promised.

use std::collections::BTreeSet;

use super::detection::{Detection, DetectionBar};
use super::time_text::{between, duration};
use crate::model::{Receivers, Report};
use alertdrill_core::{AlertOutcome, Labels, Outcome};

/// A rule.
pub(super) struct AlertRow {
    pub(super) name: String,
    pub(super) severity: String,
    /// How it stands: a verdict's name in the style sheet.
    pub(super) class: &'static str,
    /// The same, in words.
    pub(super) standing: String,
    pub(super) proven_by: Vec<DrillLink>,
    /// In how many near misses it had to stay silent.
    pub(super) near_misses: usize,
    pub(super) bar: Option<DetectionBar>,
    pub(super) detection: String,
    pub(super) margin: String,
    pub(super) is_late: bool,
    /// The receivers that were told of it, and how long after it fired.
    pub(super) told: Vec<String>,
    pub(super) told_after: String,
    pub(super) resolved: String,
}

/// A drill, by its name in the page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DrillLink {
    pub(super) name: String,
    pub(super) verdict: Outcome,
}

/// The rows of a run, those first that want to be looked at.
pub(super) fn alert_rows(report: &Report, receivers: &Receivers) -> Vec<AlertRow> {
    let coverage = &report.coverage;
    let waived = coverage.waived.iter();
    let rules: BTreeSet<&str> = coverage
        .fired
        .iter()
        .chain(&coverage.missing)
        .chain(waived.map(|waiver| &waiver.rule))
        .map(String::as_str)
        .collect();
    let mut unknown = BTreeSet::new();
    for alert in report.drills.iter().flat_map(|drill| &drill.alerts) {
        if !rules.iter().any(|rule| is_of(alert, rule)) && alert.deadline_s.is_some() {
            unknown.insert(alert.name.as_str());
        }
    }
    let mut rows: Vec<_> = rules
        .union(&unknown)
        .map(|rule| AlertRow::of(rule, report, receivers))
        .collect();
    let rank = |row: &AlertRow| match row.class {
        "fail" => 0,
        "error" => 1,
        "pass" => 2,
        _ => 3,
    };
    rows.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.name.cmp(&b.name)));
    rows
}

/// Whether `alert` is one of the rule that coverage names so: its name, and in braces labels that
/// tell it from others of that name.
fn is_of(alert: &AlertOutcome, rule: &str) -> bool {
    let (name, labels) = rule.split_once('{').unwrap_or((rule, ""));
    let has = |labels: &Labels, pair: &str| {
        let pair = pair.split_once("=\"");
        pair.is_none_or(|(label, value)| {
            let own = labels.get(label);
            own.is_none_or(|own| value.strip_suffix('"') == Some(own.as_str()))
        })
    };
    let mut known = alert.labels.clone();
    known.extend(alert.severity.clone().map(|it| ("severity".to_owned(), it)));
    alert.name == name
        && labels
            .trim_end_matches('}')
            .split(", ")
            .all(|pair| has(&known, pair))
}

impl AlertRow {
    fn of(rule: &str, report: &Report, receivers: &Receivers) -> Self {
        let all = report.drills.iter();
        let all = all.flat_map(|drill| drill.alerts.iter().map(move |alert| (drill, alert)));
        let own: Vec<_> = all.filter(|(_, alert)| is_of(alert, rule)).collect();
        let (to_fire, silent): (Vec<_>, Vec<_>) = own
            .into_iter()
            .map(|(drill, alert)| Detection { drill, alert })
            .partition(|detection| detection.alert.deadline_s.is_some());
        let links: BTreeSet<_> = to_fire
            .iter()
            .map(|detection| DrillLink {
                name: detection.drill.name.clone(),
                verdict: detection.drill.verdict,
            })
            .collect();
        let near_misses: BTreeSet<_> = silent.iter().map(|it| &it.drill.name).collect();
        let (class, standing) = standing(rule, report, &links);
        let tightest = to_fire.iter().filter_map(|it| Some((it, margin_s(*it)?)));
        let tightest = tightest.min_by(|(_, a), (_, b)| a.total_cmp(b));
        let severity = to_fire.iter().find_map(|it| it.alert.severity.clone());
        let (margin, is_late) = match tightest {
            Some((_, margin_s)) if margin_s < 0.0 => {
                (format!("{} too late", duration(-margin_s)), true)
            }
            Some((_, margin_s)) => (duration(margin_s), false),
            None => (String::new(), false),
        };
        Self {
            name: rule.to_owned(),
            severity: severity.unwrap_or_default(),
            class,
            standing,
            near_misses: near_misses.len(),
            bar: tightest.and_then(|(tightest, _)| DetectionBar::of(*tightest, &to_fire)),
            detection: detection(&to_fire),
            margin,
            is_late,
            told: told(&to_fire, receivers),
            told_after: told_after(&to_fire, report),
            resolved: resolved(&to_fire),
            proven_by: links.into_iter().collect(),
        }
    }
}

fn margin_s(detection: Detection) -> Option<f64> {
    let (took_s, promised_s) = detection.took_of_promised_s()?;
    Some(promised_s - took_s)
}

/// How a rule stands, as a class and in words.
fn standing(rule: &str, report: &Report, links: &BTreeSet<DrillLink>) -> (&'static str, String) {
    let mut excuses = report.coverage.waived.iter();
    let excuse = excuses.find(|waiver| waiver.rule == rule);
    let worst = links.iter().map(|link| link.verdict).max();
    let is_fired = report.coverage.fired.iter().any(|fired| fired == rule);
    match (worst, excuse) {
        (Some(Outcome::Fail), _) => ("fail", "failed".to_owned()),
        (Some(Outcome::Error), _) => ("error", "could not be tested".to_owned()),
        _ if is_fired => ("pass", "proven".to_owned()),
        (_, Some(excuse)) => ("skipped", format!("waived: {}", excuse.reason)),
        _ => ("error", "not proven: no drill made it fire".to_owned()),
    }
}

fn detection(all: &[Detection]) -> String {
    let times = || all.iter().filter_map(|it| it.alert.time_to_fire_s);
    let (count, of) = (times().count(), all.len());
    let shortest = times().fold(f64::INFINITY, f64::min);
    let longest = times().fold(0.0, f64::max);
    match (count, of) {
        (_, 0) => String::new(),
        (0, _) => "did not fire".to_owned(),
        (1, 1) => duration(longest),
        _ if count < of => format!("{}, {count} of {of} times", between(shortest, longest)),
        _ => format!("{}, {count} times", between(shortest, longest)),
    }
}

/// Who was told.
fn told(all: &[Detection], receivers: &Receivers) -> Vec<String> {
    let names = all.iter();
    let names: BTreeSet<_> = names
        .flat_map(|it| receivers.of_alert(&it.drill.name, it.alert))
        .collect();
    names.into_iter().map(str::to_owned).collect()
}

/// How long after it fired somebody was told.
fn told_after(all: &[Detection], report: &Report) -> String {
    if all.is_empty() {
        return String::new();
    }
    if report.run.info.replayed_from.is_some() {
        return "not replayed".to_owned();
    }
    let delays = || {
        let both = |alert: &AlertOutcome| Some((alert.notified_at?, alert.firing_at?));
        let both = all.iter().filter_map(move |it| both(it.alert));
        both.map(|(notified, firing)| notified.seconds_since(firing))
    };
    let count = delays().count();
    if count == 0 {
        return "nobody".to_owned();
    }
    let (shortest, longest) = (
        delays().fold(f64::INFINITY, f64::min),
        delays().fold(0.0, f64::max),
    );
    let often = if count < all.len() {
        format!(", {count} of {} times", all.len())
    } else {
        String::new()
    };
    format!("{} after firing{often}", between(shortest, longest))
}

/// How long after the revert it was over.
fn resolved(all: &[Detection]) -> String {
    let delays = || {
        let both = |it: &Detection| Some((it.alert.resolved_at?, it.drill.last_reverted_at()?));
        let both = all.iter().filter_map(both);
        both.map(|(resolved, reverted)| resolved.seconds_since(reverted).max(0.0))
    };
    let count = delays().count();
    let fired = all.iter().filter(|it| it.alert.firing_at.is_some()).count();
    match (count, fired) {
        (_, 0) => String::new(),
        (0, _) => "not seen to".to_owned(),
        _ => {
            let (shortest, longest) = (
                delays().fold(f64::INFINITY, f64::min),
                delays().fold(0.0, f64::max),
            );
            let often = if count < fired {
                format!(", {count} of {fired} times")
            } else {
                String::new()
            };
            format!("{}{often}", between(shortest, longest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::detection::BAR_BEYOND;
    use super::*;
    use crate::examples::example_report;

    fn row(report: &Report) -> AlertRow {
        alert_rows(report, &Receivers::default()).remove(0)
    }

    fn texts(row: &AlertRow) -> [&str; 5] {
        [
            row.standing.as_str(),
            &row.detection,
            &row.margin,
            &row.told_after,
            &row.resolved,
        ]
    }

    #[test]
    fn row_says_how_long_an_alert_took_of_what_was_promised_and_who_was_told() {
        let mut report = example_report("okx");
        report.coverage.fired = vec!["FeedHandlerDown".to_owned()];
        report.drills[0].verdict = Outcome::Pass;
        let row = row(&report);
        assert_eq!(
            texts(&row),
            [
                "proven",
                "1 min 5 s",
                "55 s",
                "10 s after firing",
                "not seen to"
            ]
        );
        let bar = row.bar.unwrap();
        assert_eq!(
            bar.label,
            "FeedHandlerDown{exchange=\"okx\"} fired after 1 min 5 s, its window is 1 min 1 s to \
             1 min 12 s, due after 2 min"
        );
        assert!((bar.deadline - 100.0 / BAR_BEYOND).abs() < 0.01);
        assert_eq!(bar.times, [50.0]);
    }

    #[test]
    fn alert_that_is_late_or_did_not_fire_says_so() {
        let mut report = example_report("okx");
        report.drills[0].alerts[0].deadline_s = Some(60.0);
        assert_eq!(texts(&row(&report))[2], "5 s too late");
        let alert = &mut report.drills[0].alerts[0];
        (alert.firing_at, alert.time_to_fire_s, alert.notified_at) = (None, None, None);
        assert_eq!(
            texts(&row(&report)),
            ["failed", "did not fire", "", "nobody", ""]
        );
    }

    #[test]
    fn rule_is_told_from_others_of_its_name_by_the_labels_that_it_adds() {
        let mut alert = example_report("okx").drills[0].alerts[0].clone();
        alert.labels.insert("cause".to_owned(), "silent".to_owned());
        assert!(is_of(&alert, "FeedHandlerDown"));
        assert!(is_of(&alert, "FeedHandlerDown{cause=\"silent\"}"));
        assert!(!is_of(&alert, "FeedHandlerDown{cause=\"gone\"}"));
        assert!(!is_of(&alert, "FeedHandler"));
        assert!(!is_of(&alert, "FeedHandlerDown{severity=\"warning\"}"));
    }

    #[test]
    fn rule_that_no_drill_made_fire_is_there_with_its_waiver_if_it_has_one() {
        let mut report = example_report("okx");
        report.drills.clear();
        report.coverage.missing = vec!["Lag".to_owned()];
        report.coverage.waived = vec![alertdrill_core::Waiver {
            rule: "Old".to_owned(),
            reason: "goes next week".to_owned(),
        }];
        let rows = alert_rows(&report, &Receivers::default());
        let standings: Vec<_> = rows.iter().map(|row| row.standing.as_str()).collect();
        assert_eq!(
            standings,
            [
                "not proven: no drill made it fire",
                "waived: goes next week"
            ]
        );
    }
}
