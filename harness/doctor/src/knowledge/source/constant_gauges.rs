//! Gauges that a program only ever sets to one number: `READY.set(1)`. When things are not well such a
//! program is gone, and the gauge with it.

use regex::Regex;

use super::Code;
use crate::knowledge::{Domain, Family, MetricKind};

/// Tells of `family`, which the variable holds, if it is always the same number.
pub(super) fn tell_if_constant(family: &mut Family, variable: Option<&str>, codes: &[Code<'_>]) {
    let is_open = family.kind != MetricKind::Gauge || family.domain.is_some();
    let Some(variable) = variable.filter(|_| !is_open) else {
        return;
    };
    if let Some(number) = only_number(variable, codes) {
        family.domain = Some(Domain::Between(number, number));
    }
}

/// The number to which every use of the variable sets it; `None` if one does something else.
fn only_number(variable: &str, codes: &[Code<'_>]) -> Option<f64> {
    let name = regex::escape(variable);
    let uses = Regex::new(&format!(r"\b{name}\b\s*(=[^=])?")).ok()?;
    let sets = Regex::new(&format!(
        r"\b{name}(?:\.labels\([^()]*\))?\.set\(\s*([0-9.]+)\s*\)"
    ))
    .ok()?;
    let mut numbers = Vec::new();
    let mut count = 0;
    for code in codes {
        // Neither its definition nor an import uses it.
        let lines = code.text.lines().filter(|line| !line.contains("import "));
        let found = lines.flat_map(|line| uses.captures_iter(line));
        count += found.filter(|it| it.get(1).is_none()).count();
        let set = sets.captures_iter(&code.text);
        numbers.extend(set.filter_map(|set| set.get(1)?.as_str().parse::<f64>().ok()));
    }
    let first = numbers.first().copied()?;
    let is_same = numbers.iter().all(|it| (it - first).abs() < f64::EPSILON);
    (is_same && numbers.len() == count).then_some(first)
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
