//! The drills of the K2 pipeline and their plan, as the book shows them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use alertdrill::plan::{Outlook, Plan, plan_text};
use alertdrill::schedule::Slot;
use alertdrill::written::Written;
use alertdrill::{Drill, ExpectedAlert, SilentAlert};
use serde_yaml_ng::Value;

use super::{hold, read, root};
use crate::drills;

fn expected(alert: &ExpectedAlert) -> String {
    format!(
        "`{}` fires, {}, within {} s",
        alert.alert,
        alert.severity,
        alert.deadline.as_secs()
    )
}

fn silent(alert: &SilentAlert) -> String {
    let held = alert
        .hold
        .map_or(String::new(), |hold| format!(" for {} s", hold.as_secs()));
    let near = alert.near.as_ref().map_or(String::new(), |near| {
        format!(", though `{}`{held}", near.replace('|', "\\|"))
    });
    format!("`{}` stays silent{near}", alert.alert)
}

/// Texts of which the neighbours that end alike are one: `a, b and c stopped`.
fn joined(faults: Vec<String>) -> String {
    let mut groups: Vec<(Vec<String>, String)> = Vec::new();
    for fault in faults {
        let (name, what) = fault.split_once(' ').unwrap_or((&fault, ""));
        match groups.last_mut() {
            Some((names, same)) if same == what => names.push(name.to_owned()),
            _ => groups.push((vec![name.to_owned()], what.to_owned())),
        }
    }
    let texts = groups.into_iter().map(|(mut names, what)| {
        let last = names.pop().unwrap();
        let before = if names.is_empty() {
            String::new()
        } else {
            format!("{} and ", names.join(", "))
        };
        format!("{before}{last} {what}")
    });
    texts.collect::<Vec<_>>().join("; then ")
}

/// Each text once, and how often it was there.
fn counted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for text in texts {
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => counts.push((text, 1)),
        }
    }
    let with_count = counts.into_iter().map(|(text, count)| match count {
        1 => text,
        more => format!("{text} (×{more})"),
    });
    with_count.collect()
}

fn row(drill: &Drill) -> String {
    let faults = joined(drill.all_faults().map(ToString::to_string).collect());
    let tolerated = drill
        .tolerate
        .iter()
        .map(|tolerated| format!("`{}` may fire: {}", tolerated.alert, tolerated.reason));
    let alerts = drill
        .expect
        .iter()
        .map(expected)
        .chain(drill.silent.iter().map(silent));
    let alerts = counted(alerts.chain(tolerated)).join("; ");
    let checked = if drill.afterwards.is_empty() {
        ""
    } else {
        "; no trade is lost or doubled"
    };
    format!("| `{}` | {faults} | {alerts}{checked} |\n", drill.name)
}

fn table() -> String {
    let rows: String = drills::all().iter().map(row).collect();
    format!("| drill | what is broken | what its alerts must do |\n| --- | --- | --- |\n{rows}")
}

/// Per alert, the drills that prove something of it.
fn by_alert() -> String {
    let drills = drills::all();
    let alerts: BTreeSet<_> = drills
        .iter()
        .flat_map(|drill| drill.expect.iter().map(|alert| alert.alert.clone()))
        .collect();
    let names = |holds: &dyn Fn(&Drill) -> bool| -> String {
        let found = drills.iter().filter(|drill| holds(drill));
        let names: Vec<_> = found.map(|drill| format!("`{}`", drill.name)).collect();
        names.join(", ")
    };
    let mut table = "| alert | it must fire in | it must stay silent in |\n".to_owned();
    table += "| --- | --- | --- |\n";
    for alert in &alerts {
        let fires = names(&|drill| drill.expect.iter().any(|it| it.alert == *alert));
        let silent = names(&|drill| drill.silent.iter().any(|it| it.alert == *alert));
        let _ = writeln!(table, "| `{alert}` | {fires} | {silent} |");
    }
    table
}

/// What `./drill plan stopped` prints, and how long it expects all drills to take.
fn plan() -> String {
    let written = Written::read(root()).unwrap();
    let all = Plan {
        drills: drills::all(),
        waivers: Vec::new(),
    };
    let outlook = Outlook::of(
        &all,
        &written.settings,
        &written.rules,
        written.routes.as_ref(),
    )
    .unwrap();
    let end = |slots: &[Slot]| slots.iter().map(|slot| slot.until.as_secs()).max().unwrap();
    let (at_best, at_worst, count) = (
        end(&outlook.at_best),
        end(&outlook.at_worst),
        all.drills.len(),
    );
    let stopped = Outlook::of(
        &all.only("stopped", false),
        &written.settings,
        &written.rules,
        written.routes.as_ref(),
    )
    .unwrap();
    let shown = plan_text(&stopped, Path::new("docker/prometheus/alert_rules.yml"));
    let shown = anstream::adapter::strip_str(&shown).to_string();
    format!(
        "```console\n$ ./drill plan stopped\n{shown}```\n\nOf all {count} \
         drills it expects that they take {at_best} to {at_worst} s.\n"
    )
}

/// Pages that tell another number of drills, or of the web shop's drills and alerts.
pub(crate) fn miscounted() -> Vec<String> {
    let yaml = |path: &str| -> Value { serde_yaml_ng::from_str(&read(path)).unwrap() };
    let shop = yaml("examples/web-shop/alertdrill.yml");
    let drills_of_shop = shop["drills"].as_sequence().unwrap().len();
    let alerts_of_shop: usize = ["availability", "service"]
        .iter()
        .map(|file| yaml(&format!("examples/web-shop/prometheus/rules/{file}.yml")))
        .flat_map(|rules| rules["groups"].as_sequence().unwrap().clone())
        .map(|group| group["rules"].as_sequence().unwrap().len())
        .sum();
    let drills = format!("{} drills", drills::all().len());
    let shop = format!("{alerts_of_shop} alerts");
    let both = format!("{shop}, {drills_of_shop} drills");
    let told = [
        ("README.md", &drills),
        ("docs/introduction.md", &drills),
        ("README.md", &shop),
        ("docs/tutorial/web-shop.md", &shop),
        ("docs/your-project.md", &both),
    ];
    told.into_iter()
        .filter(|(page, count)| !read(page).contains(count.as_str()))
        .map(|(page, count)| format!("{page}: {count}"))
        .collect()
}

/// Writes or holds the table of drills and the plan.
pub(crate) fn hold_tables() {
    hold("docs/k2/drills.md", "drills", &table());
    hold("docs/k2/drills.md", "alerts", &by_alert());
    hold("docs/k2/drills.md", "plan", &plan());
}
