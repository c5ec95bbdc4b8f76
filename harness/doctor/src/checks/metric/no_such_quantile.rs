//! A quantile that is not there, or that cannot be worked out.

use std::collections::HashSet;

use alertdrill_core::Finding;
use promql_parser::parser::{Call, Expr, LabelModifier, VectorSelector};

use super::selectors::selectors;
use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{self, parts};
use crate::knowledge::{Known, MetricKind};

pub(in crate::checks) const NO_SUCH_QUANTILE: Check = Check {
    id: "metric/no-such-quantile",
    title: "the quantile is not exported, or cannot be worked out",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = matched(case);
    for rule in case.checkout.rules() {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        for part in parts(expression) {
            if let Expr::Call(call) = part
                && call.func.name == "histogram_quantile"
            {
                findings.extend(of_call(case, rule, call));
            }
        }
    }
    findings
}

/// `x{quantile="0.99"}` of what has no quantiles.
fn matched(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        let mut matchers = selected.selector.matchers.matchers.iter();
        if !matchers.any(|it| it.name == "quantile") || selected.has_alternative {
            continue;
        }
        let bases = case.knowledge.bases_named(selected.name);
        let Some(family) = bases.first() else {
            continue;
        };
        if !case.knowledge.is_base_name_only(selected.selector)
            || !said.insert((std::ptr::from_ref(selected.rule), selected.name))
        {
            continue;
        }
        let (what, help) = if family.kind == MetricKind::Histogram {
            let help = format!(
                "`histogram_quantile(0.99, sum by (le) (rate({}_bucket[5m])))`",
                selected.name
            );
            ("a histogram, which has no label `quantile`", help)
        } else {
            let help = "make it a histogram, or watch the mean: `_sum` by `_count`".to_owned();
            ("a summary whose client gives no quantiles", help)
        };
        let what = format!("`{}` is {what} ({})", selected.name, family.origin);
        let place = selected.rule.place_of("quantile");
        findings.push(Said::error(what, help).of_rule(NO_SUCH_QUANTILE.id, selected.rule, place));
    }
    findings
}

/// `histogram_quantile` over what has no buckets.
fn of_call(case: &Case<'_>, rule: &Rule, call: &Call) -> Option<Finding> {
    let said = |what: String, help: &str, word: &str| {
        let place = rule.place_of(word);
        Some(Said::error(what, help).of_rule(NO_SUCH_QUANTILE.id, rule, place))
    };
    let asked = call.args.args.first()?;
    if let Expr::NumberLiteral(number) = &**asked
        && !(0.0..=1.0).contains(&number.val)
    {
        let what = format!(
            "`histogram_quantile({}, …)` is infinite: a quantile lies between 0 and 1",
            number.val
        );
        return said(
            what,
            "write 0.95 for the 95th percentile",
            "histogram_quantile",
        );
    }
    let inner = call.args.args.get(1)?;
    let found = expression::selectors(inner);
    // Recorded metrics may hold buckets under any name.
    let is_recorded = |it: &&VectorSelector| {
        let name = it.name.as_deref().unwrap_or(":");
        name.contains(':') || case.knowledge.is_recorded(name)
    };
    if found.is_empty() || found.iter().any(is_recorded) {
        return None;
    }
    for selector in &found {
        let name = selector.name.as_deref()?;
        if name.ends_with("_bucket") {
            continue;
        }
        let kind = match case.knowledge.metric(name) {
            Known::There(families) => families.first().map(|family| family.kind),
            _ => case
                .knowledge
                .bases_named(name)
                .first()
                .map(|family| family.kind),
        };
        let help = "give it the histogram's `_bucket` series, with `le` kept";
        let what = match kind {
            // Its base name is another finding.
            Some(MetricKind::Histogram) if case.knowledge.is_base_name_only(selector) => continue,
            Some(MetricKind::Summary) => "is a summary",
            Some(MetricKind::Counter | MetricKind::Histogram) => "is no bucket",
            Some(MetricKind::Gauge) => "is a gauge",
            _ if ["_sum", "_count", "_total"]
                .iter()
                .any(|it| name.ends_with(it)) =>
            {
                "is no bucket"
            }
            _ => continue,
        };
        return said(
            format!("`{name}` {what}, so `histogram_quantile` of it gives nothing"),
            help,
            name,
        );
    }
    let has_buckets = found
        .iter()
        .any(|it| it.name.as_ref().is_some_and(|it| it.ends_with("_bucket")));
    if has_buckets && loses_le(inner) {
        let what = "`histogram_quantile` needs the label `le`, which is aggregated away".to_owned();
        return said(what, "write `sum by (le, …) (…)`", "histogram_quantile");
    }
    None
}

/// Whether an aggregation drops the label `le`.
fn loses_le(it: &Expr) -> bool {
    match it {
        Expr::Aggregate(it) => {
            let name = it.op.to_string();
            let keeps_all = ["topk", "bottomk", "limitk", "limit_ratio"].contains(&name.as_str());
            let loses = match &it.modifier {
                _ if keeps_all => false,
                None => true,
                Some(LabelModifier::Include(by)) => !by.labels.iter().any(|label| label == "le"),
                Some(LabelModifier::Exclude(without)) => {
                    without.labels.iter().any(|label| label == "le")
                }
            };
            loses || loses_le(&it.expr)
        }
        Expr::Paren(it) => loses_le(&it.expr),
        Expr::Subquery(it) => loses_le(&it.expr),
        Expr::Call(it) if it.func.name != "label_replace" && it.func.name != "label_join" => {
            it.args.args.iter().any(|it| loses_le(it))
        }
        Expr::Binary(it) => loses_le(&it.lhs) && loses_le(&it.rhs),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/no-such-quantile";

    fn project(expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n\
             --- app.py\nfrom prometheus_client import Summary, Histogram\n\
             S = Summary('shop_seconds', 'x')\nH = Histogram('shop_bytes', 'x', ['page'])\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn quantile_of_a_client_that_gives_none_is_found() {
        assert_finds(
            ID,
            &project("shop_seconds{quantile='0.99'} > 1"),
            &["rules.yml:5:28 error: `shop_seconds` is a summary whose client gives no quantiles"],
        );
        assert_finds(
            ID,
            &project("shop_bytes{quantile='0.99'} > 1"),
            &["rules.yml:5:26 error: `shop_bytes` is a histogram, which has no label `quantile`"],
        );
    }

    #[test]
    fn quantile_that_cannot_be_worked_out_is_found() {
        for (expression, expected) in [
            (
                "histogram_quantile(0.9, sum(rate(shop_bytes_bucket[5m]))) > 1",
                "rules.yml:5:15 error: `histogram_quantile` needs",
            ),
            (
                "histogram_quantile(0.9, sum by (page) (rate(shop_bytes_bucket[5m]))) > 1",
                "rules.yml:5:15 error: `histogram_quantile` needs",
            ),
            (
                "histogram_quantile(95, rate(shop_bytes_bucket[5m])) > 1",
                "rules.yml:5:15 error: `histogram_quantile(95, …)` is infinite",
            ),
            (
                "histogram_quantile(0.9, rate(shop_bytes_count[5m])) > 1",
                "rules.yml:5:44 error: `shop_bytes_count` is no bucket",
            ),
        ] {
            assert_finds(ID, &project(expression), &[expected]);
        }
    }

    #[test]
    fn quantile_that_can_be_worked_out_is_silent() {
        for expression in [
            "histogram_quantile(0.9, sum by (le) (rate(shop_bytes_bucket[5m]))) > 1",
            "histogram_quantile(0.9, sum without (page) (rate(shop_bytes_bucket[5m]))) > 1",
            "histogram_quantile(0.9, rate(shop_bytes_bucket[5m])) > 1",
            "histogram_quantile(0.9, job:shop_bytes:rate5m) > 1",
            "avg(histogram_quantile(0.9, rate(shop_bytes_bucket[5m]))) > 1",
            "histogram_quantile(0.9, sum by (le, page) (rate(unknown_bucket[5m]))) > 1",
            "go_gc_duration_seconds{quantile='0.75'} > 1",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
