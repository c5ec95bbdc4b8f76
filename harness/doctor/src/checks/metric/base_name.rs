//! A histogram's or a summary's base name where a series is meant.

use alertdrill_core::Finding;

use super::selectors::findings_of_names;
use crate::checks::check::{Case, Check, Said};
use crate::knowledge::MetricKind;

pub(in crate::checks) const BASE_NAME: Check = Check {
    id: "metric/base-name",
    title: "the base name of a histogram or summary is no series",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    findings_of_names(case, BASE_NAME.id, |selected| {
        let name = selected.name;
        let bases = case.knowledge.bases_named(name);
        let family = bases.first()?;
        let mut matchers = selected.selector.matchers.matchers.iter();
        let asks_a_quantile = matchers.any(|it| it.name == "quantile");
        if asks_a_quantile
            || selected.has_alternative
            || !case.knowledge.is_base_name_only(selected.selector)
        {
            return None;
        }
        let (kind, series) = match family.kind {
            MetricKind::Histogram => ("histogram", "`_bucket`, `_sum` and `_count`"),
            _ => ("summary without quantiles", "`_sum` and `_count`"),
        };
        let what = format!(
            "`{name}` is a {kind} ({}), which has only the series {series}",
            family.origin
        );
        let help = format!(
            "ask a quantile of `{name}_bucket`, or the mean: \
             `rate({name}_sum[…]) / rate({name}_count[…])`"
        );
        Some(Said::error(what, help))
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/base-name";

    fn project(expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n\
             --- app.js\nconst client = require('prom-client');\n\
             const seconds = new client.Histogram({{ name: 'shop_seconds', help: 'x' }});\n\
             const sizes = new client.Summary({{ name: 'shop_bytes', help: 'x' }});\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn base_name_of_a_histogram_is_found() {
        assert_finds(
            ID,
            &project("avg(shop_seconds) > 1"),
            &[
                "rules.yml:5:19 error: `shop_seconds` is a histogram (app.js:2), \
               which has only the series `_bucket`, `_sum` and `_count`",
            ],
        );
    }

    #[test]
    fn its_series_and_a_summarys_quantiles_are_silent() {
        for expression in [
            "rate(shop_seconds_sum[5m]) > 1",
            "rate(shop_seconds_count[5m]) > 1",
            "histogram_quantile(0.9, rate(shop_seconds_bucket[5m])) > 1",
            "shop_bytes{quantile='0.99'} > 1",
            "shop_bytes > 1",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
