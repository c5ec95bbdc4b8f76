//! What other rules change, on a terminal: which incidents page earlier, later, no more or newly,
//! and which drills come to another verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Alignment, Modify, Style};

use alertdrill_core::style::{harmless, heading};
use alertdrill_core::{
    Change, ComparedIncident, DrillAtWork, Firings, Incident, Labels, RulesSaid, UtcInstant,
    VerdictChange, firings, seconds, selector,
};

use super::phrases::{since, verdict_change};

const HEADINGS: [&str; 7] = [
    "drill", "alert", "pages", "with NEW", "ends", "with NEW", "change",
];
/// The columns of numbers.
const NUMBERS: std::ops::RangeInclusive<usize> = 2..=5;
/// Of so many incidents of a recording without drills the difference is shown.
const DIFFERENCES: usize = 10;
/// What stands for an instant that was not reached.
const NEVER: &str = "–";

/// A row per incident that changes, by drill, in the order of the drills; a line below says what
/// the numbers are. Empty if none changes.
#[must_use]
pub fn incident_table(compared: &[ComparedIncident]) -> String {
    let mut changed: Vec<_> = compared.iter().filter(|one| one.is_changed()).collect();
    if changed.is_empty() {
        return String::new();
    }
    // Those that no drill caused come last.
    let began = |one: &ComparedIncident| one.drill.as_ref().map(|drill| drill.fault_at);
    changed.sort_by_key(|one| (one.drill.is_none(), began(one), drill_name(one)));
    let telling = telling_labels(compared);
    let mut table = Builder::new();
    table.push_record(HEADINGS.map(heading));
    let mut last = None;
    for one in changed {
        let name = drill_name(one);
        let is_first = last.as_ref() != Some(&name);
        table.push_record(row(one, if is_first { &name } else { "" }, &telling));
        last = Some(name);
    }
    let mut table = table.build();
    table
        .with(Style::sharp().remove_vertical())
        .with(Modify::new(Columns::new(NUMBERS)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()));
    format!(
        "{table}\nSeconds after the drill's first fault; where no drill ran, the instant. {NEVER}: \
         not at all, or not until the recording ends."
    )
}

/// How many incidents are the same, and how many change in which way.
#[must_use]
pub fn incident_totals(compared: &[ComparedIncident]) -> String {
    let count =
        |is_one: fn(&ComparedIncident) -> bool| compared.iter().filter(|one| is_one(one)).count();
    let same = count(|one| !one.is_changed());
    let others = [
        (
            count(|one| matches!(one.change, Change::Earlier { .. })),
            "page earlier",
        ),
        (
            count(|one| matches!(one.change, Change::Later { .. })),
            "page later",
        ),
        (
            count(|one| one.change == Change::EndsEarlier),
            "end earlier",
        ),
        (count(|one| one.change == Change::EndsLater), "end later"),
        (count(|one| one.change == Change::NoMore), "no more"),
        (count(|one| one.change == Change::Newly), "newly"),
        (
            count(|one| one.change == Change::Same && one.is_changed()),
            "with other labels",
        ),
    ];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    let others = others.map(|(count, what)| format!(", {count} {what}"));
    format!("{} the same{}", incidents(same), others.collect::<String>())
}

/// The drills whose verdict changes, with the reasons why they do not pass.
#[must_use]
pub fn verdict_changes_text(changes: &[VerdictChange]) -> String {
    let mut lines = Vec::new();
    for change in changes {
        lines.push(verdict_change(change));
        let reasons = change.reasons.iter();
        lines.extend(
            reasons.map(|reason| format!("  {}: {}", reason.kind, harmless(&reason.message))),
        );
    }
    lines.join("\n")
}

/// How often each alert fired and for how long, with the old rules and with the new ones, and the
/// first differences: for a recording in which nobody broke anything, which ends at `until`.
#[must_use]
pub fn firings_table(compared: &[ComparedIncident], until: UtcInstant) -> String {
    let old = firings_of(compared, until, |one| one.old.as_ref());
    let new = firings_of(compared, until, |one| one.new.as_ref());
    let alerts: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    if alerts.is_empty() {
        return "no alert fires, neither with the old rules nor with the new ones".to_owned();
    }
    let mut table = Builder::new();
    let headings = ["alert", "fires", "with NEW", "minutes", "with NEW"];
    table.push_record(headings.map(heading));
    for alert in alerts {
        let [old, new] = [&old, &new].map(|side| side.get(alert).copied().unwrap_or_default());
        let minutes = |firings: Firings| format!("{:.1}", firings.in_all.as_secs_f64() / 60.0);
        table.push_record([
            harmless(alert),
            old.times.to_string(),
            new.times.to_string(),
            minutes(old),
            minutes(new),
        ]);
    }
    let mut table = table.build();
    table
        .with(Style::sharp().remove_vertical())
        .with(Modify::new(Columns::new(1..)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()));
    let mut lines = vec![table.to_string()];
    let changed: Vec<_> = compared.iter().filter(|one| one.is_changed()).collect();
    let differences = changed.iter().take(DIFFERENCES);
    lines.extend(differences.map(|one| {
        let at = one.first_paged_at();
        let at = at.map_or_else(String::new, |at| at.to_string());
        let labels = one.either().map(|incident| &incident.labels);
        let all = |_: &str| true;
        let alert = labels.map_or_else(String::new, |labels| named(labels, all));
        format!("{at} {}: {}", harmless(&alert), in_words(one))
    }));
    if changed.len() > DIFFERENCES {
        lines.push(format!("and {} more", changed.len() - DIFFERENCES));
    }
    lines.join("\n")
}

/// What a recording does not tell of rules that `said` this of it: a rule that reads what was not
/// recorded, or whose evaluation failed, does not fire, and that proves nothing.
#[must_use]
pub fn untold_lines(said: &RulesSaid) -> Vec<String> {
    let unknown = said.unknown_metrics.iter().map(|unknown| {
        let metrics = unknown.metrics.join(" and ");
        let rule = selector(&unknown.alert, &unknown.labels);
        format!("{rule} reads {metrics}, of which the recording has no series")
    });
    let mut failures = BTreeMap::<_, (usize, &str)>::new();
    for sick in &said.sick {
        let rule = selector(&sick.alert, &sick.labels);
        let (count, _) = failures.entry(rule).or_insert((0, &sick.error));
        *count += 1;
    }
    let failures = failures.into_iter();
    let failures = failures.map(|(rule, (count, error))| {
        format!("{count} evaluations of {rule} failed, the first one with: {error}")
    });
    let lines = unknown.chain(failures);
    lines.map(|line| harmless(&line)).collect()
}

fn firings_of(
    compared: &[ComparedIncident],
    until: UtcInstant,
    side: impl Fn(&ComparedIncident) -> Option<&Incident>,
) -> BTreeMap<&str, Firings> {
    firings(compared.iter().filter_map(side), until)
}

fn incidents(count: usize) -> String {
    match count {
        1 => "1 incident".to_owned(),
        _ => format!("{count} incidents"),
    }
}

fn drill_name(one: &ComparedIncident) -> String {
    let Some(DrillAtWork { name, lane, .. }) = &one.drill else {
        return "no drill".to_owned();
    };
    let on_lane = lane.as_ref().map(|lane| format!(" on {lane}"));
    harmless(&format!("{name}{}", on_lane.unwrap_or_default()))
}

/// Per alert, the labels that tell its incidents apart: each that tells more than those before it.
fn telling_labels(compared: &[ComparedIncident]) -> BTreeSet<(&str, &str)> {
    let mut by_alert = BTreeMap::<&str, Vec<&Labels>>::new();
    for incident in compared.iter().filter_map(ComparedIncident::either) {
        let incidents = by_alert.entry(incident.alert()).or_default();
        incidents.push(&incident.labels);
    }
    let mut telling = BTreeSet::new();
    for (alert, incidents) in by_alert {
        let names: BTreeSet<_> = incidents.iter().flat_map(|labels| labels.keys()).collect();
        let mut told: Vec<&str> = Vec::new();
        let told_apart = |told: &[&str]| {
            let values = |labels: &&Labels| -> Vec<_> {
                let values = told.iter().map(|name| labels.get(*name).cloned());
                values.collect()
            };
            incidents.iter().map(values).collect::<BTreeSet<_>>().len()
        };
        for name in names {
            let with_it = [told.as_slice(), &[name]].concat();
            if name != "severity" && told_apart(&with_it) > told_apart(&told) {
                told = with_it;
            }
        }
        telling.extend(told.into_iter().map(|name| (alert, name)));
    }
    telling
}

/// An alert with those of its labels that are `meant`; what becomes of its severity is said apart.
fn named(labels: &Labels, meant: impl Fn(&str) -> bool) -> String {
    let alert = labels.get("alertname").map_or("", String::as_str);
    let shown = |name: &str| !matches!(name, "alertname" | "severity") && meant(name);
    selector(alert, labels.iter().filter(|(name, _)| shown(name)))
}

fn row(one: &ComparedIncident, drill: &str, telling: &BTreeSet<(&str, &str)>) -> [String; 7] {
    let fault_at = one.drill.as_ref().map(|drill| drill.fault_at);
    let at = |instant: Option<UtcInstant>| {
        instant.map_or_else(|| NEVER.to_owned(), |at| since(fault_at, at))
    };
    let (old, new) = (one.old.as_ref(), one.new.as_ref());
    let alert = one.either().map_or_else(String::new, |incident| {
        let is_telling = |label: &str| telling.contains(&(incident.alert(), label));
        named(&incident.labels, is_telling)
    });
    [
        drill.to_owned(),
        harmless(&alert),
        at(old.map(|incident| incident.firing_at)),
        at(new.map(|incident| incident.firing_at)),
        at(old.and_then(|incident| incident.ended_at)),
        at(new.and_then(|incident| incident.ended_at)),
        harmless(&in_words(one)),
    ]
}

fn in_words(one: &ComparedIncident) -> String {
    let change = match one.change {
        Change::NoMore => Some("no more".to_owned()),
        Change::Newly => Some("newly".to_owned()),
        Change::Earlier { by } => Some(format!("{} earlier", tenth(by))),
        Change::Later { by } => Some(format!("{} later", tenth(by))),
        Change::EndsEarlier => Some("ends earlier".to_owned()),
        Change::EndsLater => Some("ends later".to_owned()),
        Change::Same => None,
    };
    let labels = one.changed_labels().into_iter();
    let labels = labels.map(|(label, sides)| match sides {
        (Some(old), Some(new)) => format!("{label} {old} → {new}"),
        (Some(old), None) => format!("without {label} {old}"),
        (None, new) => format!("with {label} {}", new.unwrap_or_default()),
    });
    let all: Vec<_> = change.into_iter().chain(labels).collect();
    all.join(", ")
}

fn tenth(by: Duration) -> String {
    seconds::to_a_tenth(by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::at;
    use alertdrill_core::{Outcome, Reason, ReasonKind, SickRule, UnknownMetrics};

    fn incident(alert: &str, exchange: &str, firing: f64, ended: Option<f64>) -> Incident {
        let labels = [
            ("alertname", alert),
            ("exchange", exchange),
            ("instance", exchange),
            ("severity", "critical"),
        ];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Incident {
            labels: labels.into(),
            pending_at: None,
            firing_at: at(firing),
            ended_at: ended.map(at),
        }
    }

    fn drill(name: &str, lane: Option<&str>, fault: f64) -> DrillAtWork {
        DrillAtWork {
            fault_at: at(fault),
            until: at(fault + 300.0),
            name: name.to_owned(),
            lane: lane.map(str::to_owned),
            claims: vec![],
        }
    }

    fn compared() -> Vec<ComparedIncident> {
        let down = |firing, ended| incident("Down", "okx", firing, ended);
        let mut warning = down(65.0, Some(90.0));
        warning.labels.insert("severity".into(), "warning".into());
        warning.labels.remove("instance");
        let lag = |firing, ended| incident("Lag", "okx", firing, ended);
        let stopped = drill("handler_stopped", Some("okx"), 0.0);
        let stalled = drill("consumer_stalled", None, 400.0);
        let one = |change, drill: Option<&DrillAtWork>, old, new| ComparedIncident {
            change,
            drill: drill.cloned(),
            old,
            new,
        };
        let by = Duration::from_millis(60_500);
        let (was, is) = (lag(700.0, Some(750.0)), lag(760.5, Some(765.0)));
        let kraken = incident("Down", "kraken\u{1b}[2J", 470.0, None);
        vec![
            one(Change::NoMore, None, Some(lag(20.0, Some(30.0))), None),
            one(
                Change::Same,
                Some(&stopped),
                Some(down(65.0, Some(90.0))),
                Some(warning),
            ),
            one(Change::Newly, Some(&stopped), None, Some(down(95.0, None))),
            one(
                Change::Same,
                Some(&stalled),
                Some(was.clone()),
                Some(was.clone()),
            ),
            one(
                Change::Later { by },
                Some(&stalled),
                Some(was.clone()),
                Some(is.clone()),
            ),
            one(Change::Earlier { by }, Some(&stalled), Some(is), Some(was)),
            one(
                Change::EndsLater,
                Some(&stalled),
                Some(kraken.clone()),
                Some(kraken),
            ),
        ]
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn what_changes_is_shown_by_drill_and_what_does_not_is_counted() {
        insta::assert_snapshot!(plain(&incident_table(&compared())));
        insta::assert_snapshot!(incident_totals(&compared()), @"1 incident the same, 1 page earlier, 1 page later, 1 end later, 1 no more, 1 newly, 1 with other labels");
    }

    #[test]
    fn nothing_that_changes_is_no_table() {
        let same = &compared()[3..4];
        assert_eq!(incident_table(same), "");
        assert_eq!(incident_totals(same), "1 incident the same");
    }

    #[test]
    fn recording_without_drills_has_a_row_per_alert_and_the_first_differences() {
        insta::assert_snapshot!(plain(&firings_table(&compared(), at(800.0))));
        let many = vec![compared().remove(0); 12];
        let text = firings_table(&many, at(800.0));
        assert!(text.ends_with("no more\nand 2 more"), "{text}");
        assert!(firings_table(&[], at(800.0)).starts_with("no alert fires"));
    }

    #[test]
    fn verdicts_that_change_have_their_reasons() {
        let change = |drill: &str, old, new, reasons| VerdictChange {
            drill: drill.to_owned(),
            old,
            new,
            reasons,
        };
        let late = vec![Reason::new(ReasonKind::Late, "Down fired at +125.6 s")];
        let changes = [
            change("a", Outcome::Pass, Outcome::Fail, late.clone()),
            change("b", Outcome::Fail, Outcome::Fail, late),
            change("c", Outcome::Error, Outcome::Pass, vec![]),
        ];
        insta::assert_snapshot!(plain(&verdict_changes_text(&changes)), @r"
        a: pass → FAIL
          late: Down fired at +125.6 s
        b: still FAIL, for other reasons
          late: Down fired at +125.6 s
        c: error → pass
        ");
    }

    #[test]
    fn what_a_recording_does_not_tell_of_rules_is_said() {
        let labels = Labels::from([("cause".to_owned(), "gone".to_owned())]);
        let sick = |second| SickRule {
            at: at(second),
            alert: "Down".to_owned(),
            group: "g".to_owned(),
            labels: labels.clone(),
            error: "many-to-many matching".to_owned(),
        };
        let said = RulesSaid {
            sick: vec![sick(0.0), sick(5.0)],
            unknown_metrics: vec![UnknownMetrics {
                alert: "Lag".to_owned(),
                labels: Labels::new(),
                metrics: vec!["lag".to_owned(), "depth".to_owned()],
            }],
            ..RulesSaid::default()
        };
        insta::assert_snapshot!(untold_lines(&said).join("\n"), @r#"
        Lag reads lag and depth, of which the recording has no series
        2 evaluations of Down{cause="gone"} failed, the first one with: many-to-many matching
        "#);
    }
}
