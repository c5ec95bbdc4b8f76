//! The core's drills of those that are written.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::plan::Plan;
use alertdrill_core::{
    Check, Drill, ExpectedAlert, Fault, Labels, Lease, LeaseMode, Moment, Promises, SilentAlert,
    Tolerated, Waiver,
};

use super::durations::{duration, duration_of, duration_or, optional};
use super::faults::verb_of;
use super::source_text::{Complaint, Place};
use super::written::{self, Break, Fires, Silent, WrittenDrill, WrittenFile};
use super::yaml::{At, OneOrMany, ShortOrLong};

/// The plan that is written. What only the project can tell is empty in it: a severity that is that
/// of its rule, the network of a service that has one.
///
/// # Errors
/// Every drill that is wrong, each with its first mistake.
pub(super) fn plan_of(file: &WrittenFile) -> Result<Plan, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let mut drills = Vec::new();
    let mut lines_of_names: BTreeMap<&str, usize> = BTreeMap::new();
    for written in file.each_drill() {
        let name = &written.value.name;
        let line = lines_of_names.insert(&name.value, name.place.line);
        let drill = match line {
            Some(line) => Err(twice(name, line)),
            None => drill_of(written),
        };
        match drill {
            Ok(drill) => drills.push(drill),
            Err(complaint) => complaints.push(complaint),
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let waivers = file.waivers.iter().map(|waiver| Waiver {
        rule: waiver.value.rule.value.clone(),
        reason: waiver.value.reason.value.clone(),
    });
    Ok(Plan {
        drills,
        waivers: waivers.collect(),
    })
}

fn twice(name: &At<String>, first_line: usize) -> Complaint {
    Complaint::at(
        name.place,
        format!(
            "a drill of the name `{}` stands in line {first_line} already",
            name.value
        ),
        "give one of them another name: it names the test and the files of its records",
    )
}

fn drill_of(written: &At<WrittenDrill>) -> Result<Drill, Complaint> {
    let At { value, place } = written;
    check_name(&value.name)?;
    if value.fires.0.is_empty() && value.silent.0.is_empty() {
        return Err(Complaint::at(
            *place,
            format!("the drill `{}` says nothing of any alert", value.name.value),
            "write which alert it `fires`, or which stays `silent`",
        ));
    }
    let faults = faults_of(&value.breaks)?;
    if faults.is_empty() {
        return Err(Complaint::at(
            *place,
            format!("the drill `{}` breaks nothing", value.name.value),
            "write what it breaks: `break: {stop: api}`",
        ));
    }
    let fires = value.fires.iter().map(expected_alert);
    let silent = value.silent.iter().map(silent_alert);
    let tolerate = value.tolerate.iter().map(|tolerated| Tolerated {
        alert: tolerated.value.alert.value.clone(),
        labels: labels_of(&tolerated.value.labels),
        reason: tolerated.value.reason.value.clone(),
    });
    let afterwards = value.afterwards.iter().map(|check| {
        Ok(Check {
            what: check.value.what.clone(),
            service: check.value.service.value.clone(),
            command: check.value.command.value.0.clone(),
            within: duration(&check.value.within)?,
        })
    });
    Ok(Drill {
        name: value.name.value.clone(),
        moment: value.moment.as_ref().map(moment_of),
        faults,
        once_pending: faults_of(&value.once_pending)?,
        expect: fires.collect::<Result<_, _>>()?,
        silent: silent.collect::<Result<_, _>>()?,
        tolerate: tolerate.collect(),
        afterwards: afterwards.collect::<Result<_, _>>()?,
        leases: leases_of(value),
        looks_for: None,
    })
}

fn check_name(name: &At<String>) -> Result<(), Complaint> {
    let is_in_a_name =
        |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_';
    let begins_well = name
        .value
        .starts_with(|char: char| char.is_ascii_lowercase());
    if begins_well && name.value.chars().all(is_in_a_name) {
        return Ok(());
    }
    Err(Complaint::at(
        name.place,
        format!("`{}` is no name of a drill", name.value),
        "write it in lower-case letters, digits and underscores: `api_stopped`",
    ))
}

fn faults_of(breaks: &OneOrMany<Break>) -> Result<Vec<Fault>, Complaint> {
    breaks
        .iter()
        .map(|written| verb_of(written)?.fault())
        .collect()
}

fn moment_of(written: &written::Moment) -> Moment {
    Moment {
        what: written.what.clone(),
        service: written.service.value.clone(),
        command: written.command.value.0.clone(),
    }
}

fn leases_of(drill: &WrittenDrill) -> Vec<Lease> {
    let of = |on: &OneOrMany<String>, mode| {
        let on = on.iter().map(|on| on.value.clone());
        on.map(|on| Lease { on, mode }).collect::<Vec<_>>()
    };
    let disturbs = of(&drill.disturbs, LeaseMode::Exclusive);
    let needs = of(&drill.needs, LeaseMode::Shared);
    disturbs.into_iter().chain(needs).collect()
}

/// The labels, without their places.
pub(super) fn labels_of(written: &BTreeMap<String, At<String>>) -> Labels {
    let labels = written.iter();
    labels
        .map(|(name, value)| (name.clone(), value.value.clone()))
        .collect()
}

fn expected_alert(written: &At<Fires>) -> Result<ExpectedAlert, Complaint> {
    let At {
        value: fires,
        place,
    } = written;
    if let Some(severity) = fires.labels.get("severity") {
        return Err(Complaint::at(
            severity.place,
            "the severity stands among the labels",
            format!("write `severity: {}` beside `labels`", severity.value),
        ));
    }
    let severity = fires
        .severity
        .as_ref()
        .map(|severity| severity.value.clone());
    let Some(within) = &fires.within else {
        return Err(Complaint::at(
            *place,
            format!("`{}` has no deadline", fires.alert.value),
            "write `within: 2m`, or what its owner promises: the longest time from the fault to \
             firing",
        ));
    };
    let deadline = duration(within)?;
    let mut alert = ExpectedAlert::new(&fires.alert.value, severity.unwrap_or_default(), deadline);
    alert.labels = labels_of(&fires.labels);
    alert.receiver.clone_from(&fires.receiver);
    alert.annotations.clone_from(&fires.annotations);
    alert.condition.clone_from(&fires.when);
    alert.not_before = duration_or(fires.not_before.as_ref(), alert.not_before)?;
    alert.held_for = duration_or(fires.held_for.as_ref(), alert.held_for)?;
    alert.recovery = duration_or(fires.recovers_within.as_ref(), alert.recovery)?;
    alert.promises = Promises {
        delivered_within: optional(fires.delivered_within.as_ref())?,
        ended_within: optional(fires.ended_within.as_ref())?,
        end_delivered_within: optional(fires.end_delivered_within.as_ref())?,
        reminded_after: optional(fires.reminded_after.as_ref())?,
        reminded_within: optional(fires.reminded_within.as_ref())?,
    };
    if let Some(onset) = &fires.onset {
        let (earliest, latest) = onset_of(onset)?;
        alert = alert.onset(earliest, latest);
    }
    Ok(alert)
}

fn onset_of(written: &At<ShortOrLong<written::Onset>>) -> Result<(Duration, Duration), Complaint> {
    match &written.value {
        ShortOrLong::Short(latest) => {
            let latest = At {
                value: latest.clone(),
                place: written.place,
            };
            Ok((Duration::ZERO, duration_of(&latest)?))
        }
        ShortOrLong::Long(between) => {
            let earliest = duration_or(between.earliest.as_ref(), Duration::ZERO)?;
            let latest = duration(&between.latest)?;
            if earliest > latest {
                return Err(Complaint::at(
                    between.latest.place,
                    "the latest onset comes before the earliest",
                    "write the shorter time as `earliest`",
                ));
            }
            Ok((earliest, latest))
        }
    }
}

fn silent_alert(written: &At<ShortOrLong<Silent>>) -> Result<SilentAlert, Complaint> {
    let silent = match &written.value {
        ShortOrLong::Short(alert) => return Ok(SilentAlert::new(alert)),
        ShortOrLong::Long(silent) => silent,
    };
    let mut alert = SilentAlert::new(&silent.alert.value);
    alert.labels = labels_of(&silent.labels);
    alert.near.clone_from(&silent.near);
    alert.onset = duration_or(silent.onset.as_ref(), alert.onset)?;
    alert.hold = optional(silent.hold.as_ref())?;
    if let Some(too_near) = &silent.too_near {
        alert = alert.too_near(&too_near.query, duration(&too_near.lasting)?);
    }
    Ok(alert)
}

/// The name of an alert that must stay silent, its place and its labels.
pub(super) fn silent_claim(
    written: &At<ShortOrLong<Silent>>,
) -> (&str, Place, Option<&BTreeMap<String, At<String>>>) {
    match &written.value {
        ShortOrLong::Short(alert) => (alert, written.place, None),
        ShortOrLong::Long(silent) => {
            let alert = &silent.alert;
            (&alert.value, alert.place, Some(&silent.labels))
        }
    }
}
