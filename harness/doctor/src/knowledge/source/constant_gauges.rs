//! Gauges that a program only ever sets to one number: `READY.set(1)`. When things are not well such a
//! program is gone, and the gauge with it.

use regex::Regex;

use super::Code;
use super::never_set::Uses;
use crate::knowledge::{Domain, Family, MetricKind};

/// Tells of `family`, which the variable holds, if it is always the same number.
pub(super) fn tell_if_constant(
    family: &mut Family,
    variable: Option<&str>,
    uses: &Uses<'_>,
    codes: &[Code<'_>],
) {
    let is_open = family.kind != MetricKind::Gauge || family.domain.is_some();
    let Some(variable) = variable.filter(|_| !is_open) else {
        return;
    };
    let has_labels = family
        .labels
        .as_ref()
        .is_none_or(|labels| !labels.is_empty());
    if let Some(number) = only_number(variable, has_labels, uses, codes) {
        family.domain = Some(Domain::Between(number, number));
    }
}

/// The number to which every use of the variable sets it; `None` if one does something else, or if
/// it may be 0 before it is set: a gauge without labels is there from the start.
fn only_number(
    variable: &str,
    has_labels: bool,
    uses: &Uses<'_>,
    codes: &[Code<'_>],
) -> Option<f64> {
    let name = regex::escape(variable);
    // `.labels(a, f(b))`, `.WithLabelValues(a)`, and the labels that `set` itself takes
    let labels = r"(?:\.(?:labels|WithLabelValues|With)\((?:[^()]|\([^()]*\))*\))?";
    let sets = Regex::new(&format!(
        r"\b{name}\s*{labels}\s*\.(?:set|Set)\(\s*(?:\{{[^{{}}]*\}}\s*,\s*)?([0-9.]+)\s*,?\s*\)"
    ))
    .ok()?;
    let mut numbers = Vec::new();
    for code in codes {
        let set = sets.captures_iter(&code.text);
        let is_at_the_start = |at: usize| {
            let before = code.text.get(..at).unwrap_or_default();
            before.is_empty() || before.ends_with('\n')
        };
        let at_once = set.filter(|set| {
            let start = set.get(0).map_or(0, |whole| whole.start());
            has_labels || is_at_the_start(start)
        });
        numbers.extend(at_once.filter_map(|set| set.get(1)?.as_str().parse::<f64>().ok()));
    }
    let first = numbers.first().copied()?;
    let is_same = numbers.iter().all(|it| (it - first).abs() < f64::EPSILON);
    (is_same && numbers.len() == uses.count_of(variable)).then_some(first)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/threshold-outside-domain";

    fn project(uses: &str) -> String {
        format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: app\n  \
             static_configs: [{{targets: ['localhost:8000']}}]\n--- app.py\n\
             from prometheus_client import Gauge, start_http_server\n\
             READY = Gauge('app_ready', 'x', ['part'])\n{uses}\nstart_http_server(8000)\n\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: app_ready == 0\n"
        )
    }

    #[test]
    fn gauge_that_is_only_ever_one_is_never_zero() {
        let expected = "rules.yml:5:11 error: `app_ready` is 1, so it is never `== 0`";
        let project = project("READY.labels(part='a').set(1)\nREADY.labels('b').set(1)");
        assert_finds(ID, &project, &[expected]);
    }

    #[test]
    fn gauge_of_another_language_that_is_only_ever_one_is_never_zero() {
        let expected = "rules.yml:5:11 error: `app_ready` is 1, so it is never `== 0`";
        let in_language = |file: &str, program: &str| {
            project("").replace("app.py", file).replace(
                "from prometheus_client import Gauge, start_http_server\nREADY = \
                 Gauge('app_ready', 'x', ['part'])\n\nstart_http_server(8000)\n",
                program,
            )
        };
        let node = "const client = require('prom-client');\nconst ready = new client.Gauge({ name: \
                    'app_ready', help: 'x', labelNames: ['part'] });\nready.set({ part: 'a' }, 1);\n\
                    module.exports = { ready };\n";
        assert_finds(ID, &in_language("app.js", node), &[expected]);
        let go = "package main\nimport \"github.com/prometheus/client_golang/prometheus\"\nvar ready = \
                  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: \"app_ready\"}, \
                  []string{\"part\"})\nfunc main() {\n\tprometheus.MustRegister(ready)\n\t\
                  ready.WithLabelValues(part(1)).Set(1)\n}\n";
        assert_finds(ID, &in_language("main.go", go), &[expected]);
    }

    #[test]
    fn gauge_without_labels_is_zero_until_it_is_set() {
        let without = |uses: &str| project(uses).replace(", ['part']", "");
        assert_finds(ID, &without("READY.set(1)"), &["rules.yml:5:11 error"]);
        assert_silent(ID, &without("def load():\n    READY.set(1)\nload()"));
    }

    #[test]
    fn gauge_that_is_set_otherwise_or_handed_on_may_be_anything() {
        for uses in [
            "READY.labels('a').set(1)\nREADY.labels('a').set(0)",
            "READY.labels('a').set(1)\nREADY.labels('a').dec()",
            "READY.labels('a').set(1)\nwatch(READY)",
            "READY.labels('a').set(is_ready)",
            "all = [READY]",
            "",
        ] {
            assert_silent(ID, &project(uses));
        }
    }
}
