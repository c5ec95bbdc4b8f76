//! A prediction that looks ahead for some seconds.

use alertdrill_core::Finding;

use super::of_rules::{alerts, place};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{argument, call, constant, parts, range_of};

pub(in crate::checks) const PREDICTS_TOO_NEAR: Check = Check {
    id: "expression/predicts-too-near",
    title: "a prediction looks ahead for some seconds only",
    run,
};

/// Less far ahead nobody can do anything.
const NEAREST_SECONDS: f64 = 60.0;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        let mut calls = parts(expr).into_iter();
        let found = calls.find_map(|part| {
            let prediction = call(part, &["predict_linear"])?;
            let ahead = constant(prediction.args.args.get(1)?)?;
            let of = argument(prediction)?;
            let range = range_of(of)?.as_secs_f64();
            (ahead > 0.0 && ahead < NEAREST_SECONDS && ahead < range).then_some((ahead, of))
        });
        let Some((ahead, of)) = found else {
            continue;
        };
        let said = Said::warning(
            format!(
                "`predict_linear(…, {ahead})` looks {ahead} seconds ahead, and hours may be meant: \
                 it tells what is nearly there"
            ),
            format!("write it in seconds: `{ahead} * 3600` for hours"),
        );
        findings.push(said.of_rule(PREDICTS_TOO_NEAR.id, rule, place(rule, of)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{assert_fine, assert_found};

    const ID: &str = "expression/predicts-too-near";

    #[test]
    fn prediction_of_some_seconds_is_found() {
        assert_found(
            ID,
            "warning",
            &[
                "predict_linear(node_filesystem_avail_bytes[1h], 4) < 0",
                "predict_linear(node_filesystem_avail_bytes{mountpoint=\"/\"}[6h], 24) < 0",
            ],
        );
    }

    #[test]
    fn prediction_of_hours_is_fine() {
        assert_fine(
            ID,
            &[
                "predict_linear(node_filesystem_avail_bytes[1h], 4 * 3600) < 0",
                "predict_linear(node_filesystem_avail_bytes[1h], 14400) < 0",
                "predict_linear(queue_length[1m], 300) > 100",
            ],
        );
    }
}
