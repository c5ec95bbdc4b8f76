//! The text of `alertdrill.yml`.

use std::path::{Path, PathBuf};

use alertdrill_core::LoadedRule;

use super::promises::promises_text;
use super::proposed::{ProposedAlert, ProposedDrill, ProposedPlan};
use super::timing::text_of;
use super::yaml_text::{comment, quoted, scalar};
use crate::ServerName;
use crate::discovery::{Discovered, FoundServer, MountedFile, Wishes};

/// By which editors know what may stand in the file.
const SCHEMA: &str = "# yaml-language-server: $schema=https://raw.githubusercontent.com/alertdrill/\
                      alertdrill/main/docs/alertdrill.schema.json\n";

/// What the file says beside the drills.
#[derive(Clone, Copy, Debug)]
pub struct FileHeading<'a> {
    /// The folder in which the file will lie: files are named from there.
    pub folder: &'a Path,
    /// The compose files that were asked for; none if compose found them itself.
    pub compose: &'a [PathBuf],
    /// The profiles that were asked for.
    pub profiles: &'a [String],
    /// What was stated beforehand.
    pub wishes: &'a Wishes,
}

/// The text of a file `alertdrill.yml` with the drills of `plan`: what was found as comments, each
/// drill with its reasons, what has none with the reason for that. The same for the same input.
#[must_use]
pub fn proposed_file(
    heading: &FileHeading<'_>,
    discovered: &Discovered,
    rules: &[LoadedRule],
    plan: &ProposedPlan,
) -> String {
    let certain = plan.drills.iter().filter(|drill| drill.is_certain).count();
    let mut text = SCHEMA.to_owned();
    text.push_str("#\n");
    for line in found_in_words(heading.folder, discovered, rules.len()) {
        text.push_str(&comment("", &line));
    }
    text.push_str("#\n");
    let proposals = plan.drills.len() - certain;
    let counted = format!(
        "Drills: {certain} certain, {proposals} proposed. A proposal is marked: its fault is the \
         nearest that was found."
    );
    text.push_str(&comment("", &counted));
    let next = "Next: `alertdrill plan` says what a run would do, and breaks nothing; `alertdrill \
                run` does it.";
    text.push_str(&comment("", next));
    text.push('\n');
    text.push_str(&settings(heading, plan));
    if plan.drills.is_empty() {
        text.push_str("drills: []\n");
    } else {
        text.push_str("drills:\n");
    }
    for drill in &plan.drills {
        text.push_str(&drill_text(drill));
    }
    text.push_str(&undrilled(plan));
    text
}

/// What was found of a project, in sentences; files are named from `folder`.
#[must_use]
pub fn found_in_words(folder: &Path, discovered: &Discovered, alerts: usize) -> Vec<String> {
    let at = |server: &FoundServer| format!("`{}`, port {}", server.service, server.port);
    let path = |file: &MountedFile| shown(&file.on_host, folder);
    let mut lines = vec![format!(
        "Found: Prometheus is {}; it starts with {}.",
        at(&discovered.prometheus),
        path(&discovered.prometheus_configuration)
    )];
    let files: Vec<_> = discovered.rules.iter().map(path).collect();
    lines.push(format!("Found: {alerts} alerts in {}.", files.join(", ")));
    lines.push(match &discovered.alertmanager {
        Some(server) => {
            let configuration = discovered.alertmanager_configuration.as_ref();
            let starts = configuration.map(|file| format!("; it starts with {}", path(file)));
            let starts = starts.unwrap_or_default();
            format!("Found: Alertmanager is {}{starts}.", at(server))
        }
        None => "Found: no Alertmanager, so only firing is judged, and no delivery.".to_owned(),
    });
    if let Some(grafana) = &discovered.grafana {
        lines.push(format!("Found: Grafana is {}.", at(grafana)));
    }
    let root = format!("{}/", folder.display());
    let notes = discovered.notes.iter();
    lines.extend(notes.map(|note| format!("Note: {}.", note.replace(&root, ""))));
    lines
}

fn shown(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn settings(heading: &FileHeading<'_>, plan: &ProposedPlan) -> String {
    let mut lines = Vec::new();
    let wishes = heading.wishes;
    if !heading.compose.is_empty() {
        let files = heading.compose.iter();
        let files: Vec<_> = files
            .map(|file| scalar(&shown(file, heading.folder)))
            .collect();
        lines.push(format!("compose: [{}]", files.join(", ")));
    }
    if !heading.profiles.is_empty() {
        let profiles: Vec<_> = heading.profiles.iter().map(|name| scalar(name)).collect();
        lines.push(format!("profiles: [{}]", profiles.join(", ")));
    }
    let server = |key: &str, wished: &ServerName| {
        let service = scalar(&wished.service);
        match wished.port {
            Some(port) => format!("{key}: {{service: {service}, port: {port}}}"),
            None => format!("{key}: {service}"),
        }
    };
    lines.extend(
        wishes
            .prometheus
            .as_ref()
            .map(|wished| server("prometheus", wished)),
    );
    if wishes.no_alertmanager {
        lines.push("alertmanager: none".to_owned());
    } else {
        lines.extend(
            wishes
                .alertmanager
                .as_ref()
                .map(|wished| server("alertmanager", wished)),
        );
    }
    lines.extend(promises_text(&plan.promises));
    if !plan.watchdogs.is_empty() {
        let names: Vec<_> = plan.watchdogs.iter().map(|name| scalar(name)).collect();
        lines.push("# These always fire, to show that the way to the receiver works.".to_owned());
        lines.push(format!("watchdogs: [{}]", names.join(", ")));
    }
    let lines = lines.into_iter().map(|line| line + "\n");
    let text: String = lines.collect();
    if text.is_empty() { text } else { text + "\n" }
}

fn drill_text(drill: &ProposedDrill) -> String {
    let mark = if drill.is_certain {
        ""
    } else {
        "Proposal, please check: "
    };
    let tolerated = drill.tolerate.iter().map(|tolerance| {
        let alert = scalar(&tolerance.alert);
        format!("{{alert: {alert}, reason: {}}}", quoted(&tolerance.reason))
    });
    [
        comment("  ", &format!("{mark}{}", drill.reasons.join(" "))),
        format!("  - name: {}\n", scalar(&drill.name)),
        format!("    break: {}\n", breaks(drill)),
        entries("fires", drill.fires.iter().map(fires)),
        entries("tolerate", tolerated),
        "\n".to_owned(),
    ]
    .concat()
}

fn breaks(drill: &ProposedDrill) -> String {
    let service = scalar(&drill.service);
    let key = drill.verb.key();
    match drill.verb.signal() {
        Some(signal) => format!("{{{key}: {{service: {service}, signal: {signal}}}}}"),
        None => format!("{{{key}: {service}}}"),
    }
}

/// A list; nothing if it is empty.
fn entries(key: &str, entries: impl Iterator<Item = String>) -> String {
    let lines: Vec<_> = entries.map(|entry| format!("      - {entry}\n")).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("    {key}:\n{}", lines.concat())
}

fn fires(alert: &ProposedAlert) -> String {
    let mut parts = vec![format!("alert: {}", scalar(&alert.alert))];
    if !alert.labels.is_empty() {
        let labels = alert.labels.iter();
        let labels: Vec<_> = labels
            .map(|(name, value)| format!("{name}: {}", scalar(value)))
            .collect();
        parts.push(format!("labels: {{{}}}", labels.join(", ")));
    }
    let severity = alert.severity.as_ref();
    parts.extend(severity.map(|severity| format!("severity: {}", scalar(severity))));
    parts.push(format!("within: {}", text_of(alert.within)));
    let onset = alert
        .onset
        .map(|onset| format!("onset: {{earliest: 0s, latest: {}}}", text_of(onset)));
    parts.extend(onset);
    let waits = [
        ("recovers_within", alert.recovers_within),
        ("ended_within", alert.ended_within),
    ];
    let waits = waits
        .into_iter()
        .filter_map(|(key, wait)| Some((key, wait?)));
    parts.extend(waits.map(|(key, wait)| format!("{key}: {}", text_of(wait))));
    format!("{{{}}}", parts.join(", "))
}

fn undrilled(plan: &ProposedPlan) -> String {
    if plan.undrilled.is_empty() {
        return String::new();
    }
    let heading = comment(
        "",
        "Not proposed. Write a drill by hand, or take the marks away and say in the waiver why \
         there is none:",
    );
    let waivers = plan.undrilled.iter().map(|undrilled| {
        let (rule, reason) = (scalar(&undrilled.rule), quoted(&undrilled.reason));
        format!("#   - {{rule: {rule}, reason: {reason}}}\n")
    });
    let waivers: Vec<_> = waivers.collect();
    format!("{heading}# waivers:\n{}", waivers.concat())
}
