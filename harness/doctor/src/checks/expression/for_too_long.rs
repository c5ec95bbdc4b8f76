//! A `for` that is longer than its condition can hold.

use std::time::Duration;

use alertdrill_core::Finding;
use promql_parser::parser::Expr;
use promql_parser::util::display_duration;

use super::of_rules::{alerts, told};
use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Comparison, Interval, Operator, argument, bare, call, comparisons, conjuncts, first_name,
    range_of,
};

pub(in crate::checks) const FOR_TOO_LONG: Check = Check {
    id: "expression/for-too-long",
    title: "`for` is longer than the condition can hold",
    run,
};

/// Words in the names of what happens once in a while, not all the time.
const SINGLE_EVENTS: &[&str] = &[
    "boot",
    "crash",
    "crashes",
    "evicted",
    "evictions",
    "killed",
    "kill",
    "kills",
    "oom",
    "panic",
    "panics",
    "reboot",
    "reboots",
    "reload",
    "reloads",
    "restart",
    "restarts",
    "start",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        let Some((held_for, place)) = rule.held_for else {
            continue;
        };
        let said = said_of_hours(expr, held_for).or_else(|| {
            let branches = comparisons(expr);
            let each = branches
                .iter()
                .map(|compared| said_of_event(rule, compared, held_for));
            each.collect::<Option<Vec<_>>>()?.into_iter().next()
        });
        findings.extend(said.map(|said| said.of_rule(FOR_TOO_LONG.id, rule, place)));
    }
    findings
}

/// `increase(restarts[5m]) > 0` holds for five minutes after a restart.
fn said_of_event(rule: &Rule, compared: &Comparison<'_>, held_for: Duration) -> Option<Said> {
    let asks_for_one = match compared.operator {
        Operator::Above | Operator::IsNot => compared.number == 0.0,
        Operator::AtLeast => compared.number > 0.0 && compared.number <= 1.0,
        _ => false,
    };
    let mut counting = bare(compared.subject);
    while let Expr::Aggregate(aggregate) = counting {
        counting = bare(&aggregate.expr);
    }
    let counts = call(
        counting,
        &["increase", "changes", "resets", "rate", "delta"],
    )?;
    let over = argument(counts)?;
    let range = range_of(over)?;
    let name = first_name(over)?;
    let is_single = name.split('_').any(|word| SINGLE_EVENTS.contains(&word))
        || rule
            .annotations
            .iter()
            .any(|(_, text)| speaks_of_any(&text.text));
    if !asks_for_one || !is_single || held_for < range {
        return None;
    }
    let (shown, range) = (told(counting), display_duration(&range));
    let held_for = display_duration(&held_for);
    Some(Said::warning(
        format!(
            "`{shown}` falls back {range} after an event, and `for` asks for {held_for}: a single \
             event may never fire"
        ),
        format!("leave `for` out, or make the range longer than it: more than `[{held_for}]`"),
    ))
}

/// Whether an alert's words say that one event is enough.
fn speaks_of_any(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| ["any", "single"].contains(&word)) || text.contains("at least one")
}

/// `hour() == 3` holds for an hour.
fn said_of_hours(expr: &Expr, held_for: Duration) -> Option<Said> {
    for (function, unit, turn) in [
        ("minute", Duration::from_secs(60), 59_u8),
        ("hour", Duration::from_secs(3600), 23),
        ("day_of_week", Duration::from_secs(86_400), 6),
    ] {
        let all = Interval::between(0.0, f64::from(turn));
        let mut asked = all;
        for side in conjuncts(expr) {
            asked = asked.and(taken(side, function).unwrap_or(asked));
        }
        if asked == all || asked.is_empty() {
            continue;
        }
        let units = (0..=turn).filter(|at| asked.holds(f64::from(*at))).count();
        let longest = unit * u32::try_from(units).unwrap_or(u32::MAX).max(1);
        if held_for >= longest {
            let (longest, held_for) = (display_duration(&longest), display_duration(&held_for));
            return Some(Said::error(
                format!(
                    "`{function}()` lets the condition hold for {longest} at most, and `for` asks \
                     for {held_for}"
                ),
                "make `for` shorter than the time of day that the condition asks for",
            ));
        }
    }
    None
}

/// What a side asks of the time of day: `hour() > 8`, `hour() > 8 < 17`.
fn taken(side: &Expr, function: &str) -> Option<Interval> {
    let compared = Comparison::of(side)?;
    let own = compared.operator.takes(compared.number)?;
    match bare(compared.subject) {
        Expr::Call(call) if call.func.name == function && call.args.is_empty() => Some(own),
        inner @ Expr::Binary(_) => Some(taken(inner, function)?.and(own)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::alerts_with;
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/for-too-long";

    #[test]
    fn condition_that_ends_before_is_found() {
        for (expr, held_for) in [
            ("increase(container_restarts_total[5m]) > 0", "10m"),
            ("changes(process_start_time_seconds[5m]) > 0", "5m"),
            ("sum by (job) (increase(oom_kills_total[1m])) >= 1", "5m"),
            ("x > 5 and on () hour() == 3", "2h"),
            ("x > 5 and on () (hour() >= 9 < 11)", "2h"),
        ] {
            let project = alerts_with(expr, &format!("for: {held_for}"));
            assert_finds(ID, &project, &["rules.yml:6:10"]);
        }
    }

    #[test]
    fn event_of_which_any_one_is_meant_is_found() {
        let project = |words: &str| {
            let more = format!("for: 5m\nannotations: {{summary: '{words}'}}");
            alerts_with("increase(errors_total[5m]) > 0", &more)
        };
        assert_finds(ID, &project("any error is a bug"), &["rules.yml:6:10"]);
        assert_silent(ID, &project("there are many errors"));
    }

    #[test]
    fn condition_that_can_hold_is_fine() {
        for (expr, held_for) in [
            ("rate(errors_total[5m]) > 0.1", "10m"),
            ("increase(errors_total[1m]) > 0", "5m"),
            ("increase(container_restarts_total[15m]) > 0", "5m"),
            ("increase(container_restarts_total[5m]) > 3", "10m"),
            ("changes(process_start_time_seconds[15m]) > 2", "15m"),
            ("x > 5 and on () (hour() >= 9 < 17)", "1h"),
            (
                "up == 0 or increase(container_restarts_total[5m]) > 0",
                "10m",
            ),
        ] {
            assert_silent(ID, &alerts_with(expr, &format!("for: {held_for}")));
        }
    }
}
