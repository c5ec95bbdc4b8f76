//! A metric that relabelling drops or renames.

use alertdrill_core::Finding;

use super::selectors::findings_of_names;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const DROPPED: Check = Check {
    id: "metric/dropped",
    title: "relabelling drops or renames the metric",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    findings_of_names(case, DROPPED.id, |selected| {
        let name = selected.name;
        if selected.has_alternative || case.knowledge.runs(name) {
            return None;
        }
        let (endpoint, relabelled) = case.knowledge.relabelled_away(selected.selector)?;
        let place = format!("{}:{}", endpoint.file.path.display(), relabelled.place.line);
        let job = &endpoint.job;
        Some(match &relabelled.renamed_to {
            Some(new) => Said::error(
                format!("job `{job}` renames `{name}` to `{new}` ({place})"),
                "write the name that relabelling leaves",
            ),
            None => Said::error(
                format!("job `{job}` drops `{name}` by its `metric_relabel_configs` ({place})"),
                "keep the metric there, or take the rule away",
            ),
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/dropped";

    fn project(relabelling: &str, expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['node-exporter:9100']\n    \
             metric_relabel_configs:\n      - {relabelling}\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    const DROPS_LOAD: &str = "{source_labels: [__name__], regex: 'node_load.*', action: drop}";

    #[test]
    fn dropped_metric_is_found() {
        assert_finds(
            ID,
            &project(DROPS_LOAD, "node_load5 > 4"),
            &[
                "rules.yml:5:15 error: job `node` drops `node_load5` by its `metric_relabel_configs` (prometheus.yml:6)",
            ],
        );
        let keeps = "{source_labels: [__name__], regex: 'node_(cpu|memory)_.*', action: keep}";
        assert_finds(
            ID,
            &project(keeps, "node_load5 > 4"),
            &["rules.yml:5:15 error: job `node` drops `node_load5`"],
        );
    }

    #[test]
    fn renamed_metric_is_found() {
        let renames = "{source_labels: [__name__], regex: 'node_(.*)', target_label: __name__, replacement: 'host_$1'}";
        assert_finds(
            ID,
            &project(renames, "node_load5 > 4"),
            &["rules.yml:5:15 error: job `node` renames `node_load5` to `host_load5`"],
        );
        assert_silent(ID, &project(renames, "host_load5 > 4"));
        assert_silent("metric/not-exported", &project(renames, "host_load5 > 4"));
    }

    #[test]
    fn metric_that_stays_is_silent() {
        for (relabelling, expression) in [
            (DROPS_LOAD, "node_memory_MemFree_bytes < 1"),
            (DROPS_LOAD, "up == 0"),
            (
                "{source_labels: [__name__], regex: 'load', action: drop}",
                "node_load5 > 4",
            ),
            (
                "{source_labels: [device], regex: 'veth.*', action: drop}",
                "node_network_up == 0",
            ),
            (
                "{source_labels: [__name__, device], regex: 'node_network_up;veth.*', action: drop}",
                "node_network_up == 0",
            ),
        ] {
            assert_silent(ID, &project(relabelling, expression));
        }
    }
}
