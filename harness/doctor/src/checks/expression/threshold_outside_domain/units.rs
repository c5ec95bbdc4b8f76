//! Thresholds that are likely of another unit than what is compared with them.

use promql_parser::parser::{Expr, VectorSelector};
use promql_parser::util::display_duration;

use super::super::of_rules::told;
use crate::checkout::Rule;
use crate::checks::check::Said;
use crate::expression::{
    Comparison, Guess, Interval, Operator, Reading, argument, bare, call, first_name,
    is_time_since_1970, name_of, range_of,
};

/// The earliest time that is meant as one: the year 2001.
const EARLIEST_TIME: f64 = 1e9;

/// What is aggregated, without the aggregations.
fn core(expr: &Expr) -> &Expr {
    let mut core = bare(expr);
    while let Expr::Aggregate(aggregate) = core {
        let op = aggregate.op.to_string();
        if !matches!(
            op.as_str(),
            "sum" | "avg" | "max" | "min" | "topk" | "bottomk"
        ) {
            break;
        }
        core = bare(&aggregate.expr);
    }
    core
}

fn named(expr: &Expr) -> Option<(&VectorSelector, &str)> {
    match core(expr) {
        Expr::VectorSelector(selector) => Some((selector, name_of(selector)?)),
        _ => None,
    }
}

fn has_word(name: &str, words: &[&str]) -> bool {
    name.split('_').any(|word| words.contains(&word))
}

/// A time of day and year that is compared with a duration.
pub(super) fn time_since_1970(reading: &Reading<'_>, compared: &Comparison<'_>) -> Option<Said> {
    let (_, name) = named(compared.subject)?;
    let number = compared.number;
    if !is_time_since_1970(reading, name) || number <= 0.0 || number >= EARLIEST_TIME {
        return None;
    }
    let threshold = compared.in_words();
    let outcome = match compared.operator {
        Operator::Above | Operator::AtLeast => format!("it is always `{threshold}`"),
        Operator::Below | Operator::AtMost | Operator::Is => {
            format!("it is `{threshold}` never but while it is 0")
        }
        _ => return None,
    };
    Some(Said::error(
        format!("`{name}` is a time, in seconds since 1970, so {outcome}"),
        format!(
            "compare how long ago it is, `time() - {name}`, or how far ahead, `{name} - time()`"
        ),
    ))
}

/// A percentage of a machine's resource that is compared with a share.
pub(super) fn percentage(reading: &Reading<'_>, compared: &Comparison<'_>) -> Option<Said> {
    const RESOURCES: &[&str] = &[
        "cpu",
        "memory",
        "filesystem",
        "disk",
        "swap",
        "conntrack",
        "filefd",
        "fds",
        "connections",
    ];
    let is_percentage =
        reading.values(compared.subject, Guess::ByNames) == Interval::between(0.0, 100.0);
    let is_resource = has_word(first_name(compared.subject)?, RESOURCES);
    let number = compared.number;
    let is_share = match compared.operator {
        Operator::Above | Operator::AtLeast => number > 0.0 && number <= 1.0,
        Operator::Below | Operator::AtMost => number > 0.0 && number < 1.0,
        _ => false,
    };
    (is_percentage && is_resource && is_share).then(|| {
        let shown = told(compared.subject);
        Said::warning(
            format!("`{shown}` is a percentage, 0 to 100, and {number} may be meant as a share"),
            format!("compare with {}", number * 100.0),
        )
    })
}

/// Cores in use that are compared with a percentage.
pub(super) fn cores(compared: &Comparison<'_>) -> Option<Said> {
    let rate = call(core(compared.subject), &["rate", "irate"])?;
    let name = first_name(argument(rate)?)?;
    let counts_cores = has_word(name, &["cpu"]) && name.ends_with("_seconds_total");
    let is_percentage = (20.0..=100.0).contains(&compared.number)
        && matches!(compared.operator, Operator::Above | Operator::AtLeast);
    (counts_cores && is_percentage).then(|| {
        let number = compared.number;
        Said::warning(
            format!(
                "`{function}({name}[…])` counts cores in use, and {number} may be meant as a \
                 percentage",
                function = rate.func.name
            ),
            format!("multiply by 100, or compare with {}", number / 100.0),
        )
    })
}

/// Bytes that are compared with a percentage.
pub(super) fn bytes(compared: &Comparison<'_>) -> Option<Said> {
    const SPACE: &[&str] = &["memory", "filesystem", "heap", "disk", "fs"];
    let (_, name) = named(compared.subject)?;
    let is_space = name.ends_with("_bytes") && has_word(name, SPACE);
    let is_percentage = (1.0..=100.0).contains(&compared.number)
        && !matches!(compared.operator, Operator::Is | Operator::IsNot);
    (is_space && is_percentage).then(|| {
        let number = compared.number;
        Said::warning(
            format!("`{name}` counts bytes, and {number} may be meant as a percentage"),
            "divide by how many bytes there are, or compare with bytes",
        )
    })
}

/// Seconds of a request that are compared with milliseconds.
pub(super) fn seconds(compared: &Comparison<'_>) -> Option<Said> {
    const REQUESTS: &[&str] = &[
        "http", "request", "requests", "response", "latency", "grpc", "rpc",
    ];
    let core = core(compared.subject);
    let (of, end) = match core {
        Expr::Binary(binary) if Operator::of(binary) == Operator::DividedBy => {
            (&*binary.lhs, "_seconds_sum")
        }
        _ => (
            argument(call(core, &["histogram_quantile"])?)?,
            "_seconds_bucket",
        ),
    };
    let name = first_name(of)?;
    let is_request = name.ends_with(end) && has_word(name, REQUESTS);
    let is_late = matches!(compared.operator, Operator::Above | Operator::AtLeast);
    (is_request && is_late && compared.number >= 100.0).then(|| {
        let number = compared.number;
        Said::warning(
            format!("`{name}` is in seconds, and {number} may be meant as milliseconds"),
            format!("compare with {}", number / 1000.0),
        )
    })
}

/// Milliseconds of a request that are compared with seconds.
pub(super) fn milliseconds(compared: &Comparison<'_>) -> Option<Said> {
    const ENDS: [&str; 4] = ["_ms", "_milliseconds", "_ms_bucket", "_milliseconds_bucket"];
    let core = core(compared.subject);
    let of = match call(core, &["histogram_quantile"]) {
        Some(quantile) => argument(quantile)?,
        None => core,
    };
    let is_plain = !matches!(core, Expr::Binary(_));
    let name = first_name(of)?;
    let is_late = matches!(compared.operator, Operator::Above | Operator::AtLeast);
    let is_small = compared.number > 0.0 && compared.number < 1.0;
    let is_measured = ENDS.iter().any(|end| name.ends_with(end)) && is_plain;
    (is_measured && is_late && is_small && call(core, &["rate", "increase"]).is_none()).then(|| {
        let number = compared.number;
        Said::warning(
            format!("`{name}` is in milliseconds, and {number} may be meant as seconds"),
            format!("compare with {}", number * 1000.0),
        )
    })
}

/// A percentage that is compared with what the alert's own words call a hundred times as much:
/// `… * 100 > 0.05` for 5 %.
pub(super) fn percentage_in_words(
    reading: &Reading<'_>,
    rule: &Rule,
    compared: &Comparison<'_>,
) -> Option<Said> {
    let number = compared.number;
    let is_percentage =
        reading.values(compared.subject, Guess::ByNames) == Interval::between(0.0, 100.0);
    let is_small = number > 0.0 && number < 1.0;
    let meant = (number * 1e8).round() / 1e6;
    let units = ["%", " %", " percent"];
    (is_percentage && is_small && words_have(rule, meant, &units)).then(|| {
        let shown = told(compared.subject);
        Said::warning(
            format!(
                "`{shown}` is a percentage, 0 to 100, and {number} may be meant as the {meant} % that \
                 the alert's words speak of"
            ),
            format!("compare with {meant}"),
        )
    })
}

/// Bytes that are compared with what the alert's own words call mega- or gigabytes.
pub(super) fn bytes_in_words(rule: &Rule, compared: &Comparison<'_>) -> Option<Said> {
    const UNITS: [&str; 12] = [
        "MB", " MB", "MiB", " MiB", "GB", " GB", "GiB", " GiB", "Mb", " Mb", "Gb", " Gb",
    ];
    let (_, name) = named(compared.subject)?;
    let number = compared.number;
    let is_small = (1.0..100_000.0).contains(&number);
    (name.ends_with("_bytes") && is_small && words_have(rule, number, &UNITS)).then(|| {
        Said::warning(
            format!(
                "`{name}` counts bytes, and {number} may be meant in the unit of the alert's words"
            ),
            format!("compare with bytes: `{number} * 1024 * 1024`"),
        )
    })
}

/// Whether an annotation has a number with one of these units behind it.
fn words_have(rule: &Rule, number: f64, units: &[&str]) -> bool {
    rule.annotations.iter().any(|(_, text)| {
        units.iter().any(|unit| {
            let words = format!("{number}{unit}");
            let mut found = text.text.match_indices(&words);
            found.any(|(at, _)| {
                let before = text.text.get(..at).unwrap_or_default();
                !before.ends_with(|c: char| c.is_ascii_digit() || c == '.')
            })
        })
    })
}

/// Events a second that are compared with what the alert's own words call a percentage.
pub(super) fn share_in_words(rule: &Rule, compared: &Comparison<'_>) -> Option<Said> {
    let rate = call(core(compared.subject), &["rate", "irate"])?;
    let name = first_name(argument(rate)?)?;
    let is_share = compared.number > 0.0 && compared.number < 1.0;
    // `…_seconds_count` counts events.
    let is_time = has_word(name, &["seconds", "cpu", "time"]) && !name.ends_with("_count");
    if !is_share || is_time {
        return None;
    }
    let percentage = (compared.number * 1e8).round() / 1e6;
    words_have(rule, percentage, &["%", " %", " percent"]).then(|| {
        let number = compared.number;
        Said::warning(
            format!(
                "`{}({name}[…])` counts events a second, and {number} may be meant as the \
                 {percentage} % that the alert's words speak of",
                rate.func.name
            ),
            "divide by the rate of all: `sum(rate(…)) / sum(rate(…))`",
        )
    })
}

/// Events a second that are compared with what the alert's own words call events a minute or an hour,
/// or events in the last minutes.
pub(super) fn minutes_in_words(rule: &Rule, compared: &Comparison<'_>) -> Option<Said> {
    const UNITS: [(&str, &str, f64); 9] = [
        (" per minute", "minute", 60.0),
        ("/min", "minute", 60.0),
        (" a minute", "minute", 60.0),
        (" every minute", "minute", 60.0),
        (" por minuto", "minute", 60.0),
        (" par minute", "minute", 60.0),
        (" pro minute", "minute", 60.0),
        (" per hour", "hour", 3600.0),
        (" an hour", "hour", 3600.0),
    ];
    const IN_THE_LAST: [&str; 4] = [
        " in the last ",
        " within the last ",
        " in the past ",
        " within ",
    ];
    /// The most that stands between a number and its unit: `100 failed executions per minute`.
    const NEAR: usize = 40;
    let rate = call(core(compared.subject), &["rate", "irate"])?;
    let name = first_name(argument(rate)?)?;
    let number = compared.number;
    if number <= 0.0 {
        return None;
    }
    let written = number.to_string();
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let words_after = |text: &str, at: usize| {
        let before = text.get(..at)?;
        let after = text.get(at + written.len()..)?;
        if before.ends_with(is_part) || after.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let near: String = after.chars().take(NEAR).collect();
        let near = near.to_lowercase();
        let end = near.find(['.', ';', '(', '\n']).unwrap_or(near.len());
        let near = near.get(..end)?.to_owned();
        // `a rate of 5 in the last 5 minutes` is a rate.
        let speaks_of_a_rate = before.to_lowercase().contains("rate");
        Some((near, speaks_of_a_rate))
    };
    let unit_in = |(near, speaks_of_a_rate): (String, bool)| {
        let other_number = near.find(|c: char| c.is_ascii_digit());
        let until_number = near.get(..other_number.unwrap_or(near.len()))?;
        if let Some((_, unit, seconds)) =
            UNITS.iter().find(|(unit, ..)| until_number.contains(unit))
        {
            let mend = format!(
                "compare with {number} / {seconds}, or say `increase(…[1{}])`",
                unit.get(..1)?
            );
            return Some((format!("a {unit}"), mend));
        }
        let counts_in_a_while = IN_THE_LAST.iter().any(|words| until_number.contains(words))
            && near.contains("min")
            && !speaks_of_a_rate
            && number >= 1.0
            && !near.contains('%')
            && !near.contains("percent")
            && !near.contains("second")
            && !near.contains("/s");
        let while_of = argument(rate).and_then(range_of);
        let range = while_of.map_or_else(|| "5m".to_owned(), |it| display_duration(&it));
        counts_in_a_while.then(|| {
            let mend = format!("say `increase(…[{range}]) > {number}`");
            ("in the last minutes".to_owned(), mend)
        })
    };
    let (unit, mend) = rule.annotations.iter().find_map(|(_, text)| {
        let text = text.text.as_str();
        text.match_indices(&written)
            .find_map(|(at, _)| unit_in(words_after(text, at)?))
    })?;
    Some(Said::warning(
        format!(
            "`{}({name}[…])` counts events a second, and {number} may be meant as the {number} \
             {unit} that the alert's words speak of",
            rate.func.name
        ),
        mend,
    ))
}
