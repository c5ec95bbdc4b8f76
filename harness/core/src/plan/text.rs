//! A plan as a person reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::{Between, DrillPlan, Outlook};
use crate::schedule::Slot;
use crate::seconds::whole;
use crate::style::{bad, harmless, heading};
use crate::{ExpectedAlert, SilentAlert, Tolerated, Window};

/// What stands before the reasons why a drill cannot pass.
const CANNOT_PASS: &str = "fails";

/// What a run with the rules of `rules_file` would do: drill by drill, then how long it takes, and
/// on which lanes.
#[must_use]
pub fn plan_text(outlook: &Outlook, rules_file: &Path) -> String {
    let mut text: String = outlook.drills.iter().map(drill_text).collect();
    let (count, file) = (outlook.drills.len(), rules_file.display());
    let plural = if count == 1 { "" } else { "s" };
    let count = heading(format!("{count} drill{plural}"));
    let _ = writeln!(text, "{count} by the rules of {file}; nothing was broken.");
    text + &duration_text(outlook)
}

fn drill_text(planned: &DrillPlan) -> String {
    let name = heading(harmless(&planned.drill.name));
    let holds = if planned.holds.is_empty() {
        String::new()
    } else {
        format!(" on {}", harmless(&planned.holds.join(", ")))
    };
    let lines: String = lines_of(planned).into_iter().map(line_text).collect();
    format!("{name}{holds}\n{lines}\n")
}

/// Per line, what it is about and what it says of that.
fn lines_of(planned: &DrillPlan) -> Vec<(&'static str, String)> {
    let drill = &planned.drill;
    let mut lines = Vec::new();
    if let Some(moment) = &drill.moment {
        lines.push(("waits", format!("until {}", moment.what)));
    }
    let faults: Vec<_> = drill.faults.iter().map(ToString::to_string).collect();
    let (faults, broken_for) = (faults.join("; then "), between(planned.broken_for));
    lines.push(("breaks", format!("{faults}, for {broken_for}")));
    for fault in &drill.once_pending {
        lines.push(("pending", fault.to_string()));
    }
    for (alert, window) in drill.expect.iter().zip(&planned.windows) {
        lines.push(("fires", fires(alert, *window)));
    }
    for alert in &drill.silent {
        lines.push(("silent", silent(alert)));
    }
    for tolerated in &drill.tolerate {
        let Tolerated { alert, reason, .. } = tolerated;
        lines.push(("may fire", format!("{alert}: {reason}")));
    }
    for check in &drill.afterwards {
        lines.push(("then", check.what.clone()));
    }
    for reason in &planned.infeasible {
        lines.push((CANNOT_PASS, reason.message.clone()));
    }
    lines
}

fn line_text((what, text): (&str, String)) -> String {
    let padded = format!("{what:<8}");
    let is_bad = what == CANNOT_PASS;
    let padded = if is_bad { bad(padded) } else { padded };
    format!("  {padded}  {}\n", harmless(&text))
}

fn fires(alert: &ExpectedAlert, window: Option<Window>) -> String {
    let when = match window {
        Some(Window { earliest, latest }) => {
            format!(
                "+{} to +{} s after the fault",
                whole(earliest),
                whole(latest)
            )
        }
        None => "no rule for it".to_owned(),
    };
    let (severity, deadline) = (&alert.severity, whole(alert.deadline));
    let held = if alert.held_for.is_zero() {
        String::new()
    } else {
        format!("; held for {} s more, and it lasts", whole(alert.held_for))
    };
    let ends = whole(alert.latest_end());
    format!(
        "{alert}, {severity}, {when}, deadline +{deadline} s{held}; resolved within {ends} s of \
         the revert"
    )
}

fn silent(alert: &SilentAlert) -> String {
    let Some(near) = &alert.near else {
        return alert.to_string();
    };
    let held = match alert.hold {
        Some(hold) => format!("{} s", whole(hold)),
        None => "as long as its rule needs to fire".to_owned(),
    };
    format!("{alert}, though `{near}` for {held}")
}

fn between(between: Between) -> String {
    let (at_least, at_most) = (whole(between.at_least), whole(between.at_most));
    if at_least == at_most {
        format!("{at_most} s")
    } else {
        format!("{at_least} to {at_most} s")
    }
}

fn duration_text(outlook: &Outlook) -> String {
    let end = |slots: &[Slot]| slots.iter().map(|slot| slot.until).max().map(whole);
    let (Some(at_best), Some(at_worst)) = (end(&outlook.at_best), end(&outlook.at_worst)) else {
        return String::new();
    };
    let one_by_one: Duration = outlook.drills.iter().map(|drill| drill.lasts.at_most).sum();
    let one_by_one = whole(one_by_one);
    format!(
        "Expected, once the stack is steady: {at_best} to {at_worst} s, by a simulation with each \
         wait at its shortest and at its longest (one after the other at most {one_by_one} s).\n\n\
         Lanes, each wait at its longest:\n{}",
        lanes_text(&outlook.at_worst)
    )
}

fn lanes_text(slots: &[Slot]) -> String {
    let mut lanes: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
    for slot in slots {
        // What needs no lane comes last.
        let lane = slot.lane.as_deref();
        let lane = (lane.is_none(), lane.unwrap_or("no lane"));
        let (from, until) = (whole(slot.from), whole(slot.until));
        let said = format!("{} {from}–{until} s", slot.drill);
        lanes.entry(lane).or_default().push(said);
    }
    let widths = lanes.keys().map(|(_, lane)| lane.chars().count());
    let width = widths.max().unwrap_or_default();
    let mut text = String::new();
    for ((_, lane), slots) in lanes {
        let _ = writeln!(text, "  {lane:<width$}  {}", slots.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::drill_plan::tests::rule;
    use super::*;
    use crate::{Drill, Fault, Moment, Routes, Settings};

    fn text(drill: &Drill) -> String {
        let rules = [rule("Down", 60)];
        let planned = DrillPlan::of(
            drill,
            &Settings::example(),
            &rules,
            Some(&Routes::telling("pager")),
        );
        anstream::adapter::strip_str(&drill_text(&planned)).to_string()
    }

    #[test]
    fn each_thing_that_a_drill_says_has_a_line() {
        let moment = Moment {
            what: "no run is in progress".into(),
            service: "s".into(),
            command: vec![],
        };
        let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(120));
        let silent = SilentAlert::new("Down")
            .near("lag > 800", Duration::from_secs(10))
            .hold(Duration::from_secs(40));
        let drill = Drill::new("broker_gone", Fault::stop("kafka"))
            .fault(Fault::restart("minio"))
            .once_pending(Fault::restart("prometheus"))
            .at(moment)
            .expect_alert(alert)
            .silent(silent)
            .tolerate("Late", &[], "what waited is late");
        insta::assert_snapshot!(text(&drill), @r#"
        broker_gone on kafka, offload, prometheus
          waits     until no run is in progress
          breaks    kafka stopped; then minio restarted, for 70 to 100 s
          pending   prometheus restarted
          fires     Down, critical, +60 to +85 s after the fault, deadline +120 s; resolved within 190 s of the revert
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
          fires     Lag, warning, no rule for it, deadline +9 s; resolved within 190 s of the revert
          fails     no rule for Lag is loaded; loaded are Down
        ");
    }
}
