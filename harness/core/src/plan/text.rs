//! A plan as a person reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::{Between, DrillPlan, Outlook};
use crate::schedule::Slot;
use crate::style::{bad, harmless, heading};
use crate::{ExpectedAlert, SilentAlert, Window};

/// What stands before the reasons of a drill that needs not be run to know that it fails.
const CANNOT_PASS: &str = "fails";

/// What a run with the rules of `rules_file` would do: drill by drill, then how long it takes, and
/// on which lanes.
#[must_use]
pub fn plan_text(outlook: &Outlook, rules_file: &Path) -> String {
    let mut text: String = outlook.drills.iter().map(drill_text).collect();
    let (count, file) = (outlook.drills.len(), rules_file.display());
    let plural = if count == 1 { "" } else { "s" };
    let _ = writeln!(
        text,
        "{} by the rules of {file}; nothing was broken.",
        heading(format!("{count} drill{plural}"))
    );
    text + &duration_text(outlook)
}

fn drill_text(planned: &DrillPlan) -> String {
    let DrillPlan {
        drill,
        windows,
        resolved_within,
        ..
    } = planned;
    let mut lines: Vec<(&str, String)> = Vec::new();
    lines.extend(
        drill
            .moment
            .iter()
            .map(|moment| ("waits", format!("until {}", moment.what))),
    );
    let faults: Vec<_> = drill.faults.iter().map(ToString::to_string).collect();
    lines.push((
        "breaks",
        format!(
            "{}, for {}",
            faults.join("; then "),
            between(planned.broken_for)
        ),
    ));
    lines.extend(
        drill
            .once_pending
            .iter()
            .map(|fault| ("pending", fault.to_string())),
    );
    let expected = drill.expect.iter().zip(windows).zip(resolved_within);
    let fires =
        expected.map(|((alert, window), resolved)| ("fires", fires(alert, *window, *resolved)));
    lines.extend(fires);
    lines.extend(drill.silent.iter().map(|alert| ("silent", silent(alert))));
    lines.extend(drill.tolerate.iter().map(|tolerated| {
        (
            "may fire",
            format!("{}: {}", tolerated.alert, tolerated.reason),
        )
    }));
    lines.extend(
        drill
            .afterwards
            .iter()
            .map(|check| ("then", check.what.clone())),
    );
    lines.extend(
        planned
            .infeasible
            .iter()
            .map(|reason| (CANNOT_PASS, reason.message.clone())),
    );
    let lines = lines.into_iter().map(|(what, text)| {
        let padded = format!("{what:<8}");
        let padded = if what == CANNOT_PASS {
            bad(padded)
        } else {
            padded
        };
        format!("  {padded}  {}\n", harmless(&text))
    });
    format!(
        "{}{}\n{}\n",
        heading(harmless(&drill.name)),
        place(planned),
        lines.collect::<String>()
    )
}

/// What it holds for itself alone.
fn place(planned: &DrillPlan) -> String {
    let names: Vec<_> = planned.holds.iter().map(String::as_str).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" on {}", harmless(&names.join(", ")))
    }
}

fn fires(alert: &ExpectedAlert, window: Option<Window>, resolved: Option<Duration>) -> String {
    let when = window.map_or_else(
        || "no rule for it".to_owned(),
        |window| {
            format!(
                "+{} to +{} s after the fault",
                whole(window.earliest),
                whole(window.latest)
            )
        },
    );
    let resolved = resolved.map_or_else(String::new, |within| {
        format!("; resolved within {} s of the revert", whole(within))
    });
    format!(
        "{alert}, {}, {when}, deadline +{} s{resolved}",
        alert.severity,
        whole(alert.deadline)
    )
}

fn silent(alert: &SilentAlert) -> String {
    let near = alert.near.as_ref().map_or_else(String::new, |near| {
        let held = alert.hold.map_or_else(
            || "as long as its rule needs to fire".to_owned(),
            |hold| format!("{} s", whole(hold)),
        );
        format!(", though `{near}` for {held}")
    });
    format!("{alert}{near}")
}

fn between(between: Between) -> String {
    let (at_least, at_most) = (whole(between.at_least), whole(between.at_most));
    if at_least == at_most {
        format!("{at_most} s")
    } else {
        format!("{at_least} to {at_most} s")
    }
}

/// In whole seconds: rounded, for a plan is no measurement.
fn whole(duration: Duration) -> String {
    format!("{:.0}", duration.as_secs_f64())
}

fn duration_text(outlook: &Outlook) -> String {
    let end = |slots: &[Slot]| slots.iter().map(|slot| slot.until).max();
    let (Some(at_best), Some(at_worst)) = (end(&outlook.at_best), end(&outlook.at_worst)) else {
        return String::new();
    };
    let one_by_one: Duration = outlook.drills.iter().map(|drill| drill.lasts.at_most).sum();
    let mut text = format!(
        "Expected, once the stack is steady: {} to {} s, by rehearsing the waiting line with each wait at its shortest and at \
         its longest (one after the other at most {} s).\n\nLanes, each wait at its longest:\n",
        whole(at_best),
        whole(at_worst),
        whole(one_by_one),
    );
    let mut lanes: BTreeMap<(bool, &str), Vec<&Slot>> = BTreeMap::new();
    for slot in &outlook.at_worst {
        // What needs no lane comes last.
        let lane = slot.lane.as_deref();
        lanes
            .entry((lane.is_none(), lane.unwrap_or("no lane")))
            .or_default()
            .push(slot);
    }
    let width = lanes
        .keys()
        .map(|(_, lane)| lane.chars().count())
        .max()
        .unwrap_or_default();
    for ((_, lane), slots) in lanes {
        let slots: Vec<_> = slots
            .iter()
            .map(|slot| {
                format!(
                    "{} {}–{} s",
                    slot.drill,
                    whole(slot.from),
                    whole(slot.until)
                )
            })
            .collect();
        let _ = writeln!(text, "  {lane:<width$}  {}", slots.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::drill_plan::tests::{routing, rule};
    use super::*;
    use crate::{Drill, Fault, Moment, Settings};

    fn text(drill: &Drill) -> String {
        anstream::adapter::strip_str(&drill_text(&DrillPlan::of(
            drill,
            &Settings::example(),
            &[rule("Down", 60)],
            &routing(),
        )))
        .to_string()
    }

    #[test]
    fn each_thing_that_a_drill_says_has_a_line() {
        let moment = Moment {
            what: "no run is in progress".into(),
            service: "s".into(),
            command: vec![],
        };
        let drill = Drill::new("broker_gone", Fault::stop("kafka"))
            .fault(Fault::restart("minio"))
            .once_pending(Fault::restart("prometheus"))
            .at(moment)
            .expect_alert(
                ExpectedAlert::new("Down", "critical", Duration::from_secs(120))
                    .label("job", "kafka"),
            )
            .silent(
                SilentAlert::new("Down")
                    .near("lag > 800", Duration::from_secs(10))
                    .hold(Duration::from_secs(40)),
            )
            .tolerate("Late", &[], "what waited is late");
        insta::assert_snapshot!(text(&drill), @r#"
        broker_gone on kafka, offload, prometheus
          waits     until no run is in progress
          breaks    kafka stopped; then minio restarted, for 70 to 100 s
          pending   prometheus restarted
          fires     Down{job="kafka"}, critical, +60 to +85 s after the fault, deadline +120 s; resolved within 35 s of the revert
          silent    Down, though `lag > 800` for 40 s
          may fire  Late: what waited is late
        "#);
    }

    #[test]
    fn drill_that_cannot_pass_says_why_and_what_others_wrote_moves_no_cursor() {
        let alert = ExpectedAlert::new("Lag\u{1b}[2J", "warning", Duration::from_secs(9));
        let drill = Drill::new("lag\u{7}", Fault::stop("kafka\u{1b}]0;x\u{7}")).expect_alert(alert);
        insta::assert_snapshot!(text(&drill), @r"
        lag on kafka
          breaks    kafka stopped, for 0 s
          fires     Lag, warning, no rule for it, deadline +9 s
          fails     no rule for Lag is loaded; loaded are Down
        ");
    }
}
