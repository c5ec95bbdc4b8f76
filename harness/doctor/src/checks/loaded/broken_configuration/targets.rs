//! Targets that Prometheus refuses.

use alertdrill_project::yaml_tree::{Node, Place, Value};

/// What Prometheus refuses of the targets that are written into a job, or into one of
/// `alertmanagers`, and where it stands.
pub(super) fn refused_targets(node: &Node) -> Vec<(Place, String)> {
    let Some(groups) = node.get("static_configs").filter(|it| !it.is_null()) else {
        return Vec::new();
    };
    if !matches!(groups.value, Value::List(_)) {
        return vec![(groups.place, "`static_configs` is no list".to_owned())];
    }
    let steps = node.get("relabel_configs").map_or(&[][..], Node::items);
    let mut refused = Vec::new();
    for group in groups.items() {
        let Some(targets) = group.get("targets").filter(|it| !it.is_null()) else {
            continue;
        };
        if !matches!(targets.value, Value::List(_)) {
            refused.push((targets.place, "`targets` is no list".to_owned()));
        }
        // What relabelling may make of them is not looked at.
        let mut targets = targets.items().iter().filter(|_| steps.is_empty());
        let with_path = targets.find_map(|target| {
            let address = target
                .text()
                .filter(|it| it.contains('/') && !it.contains('{'))?;
            let host = address.split_once("://").map_or(address, |(_, rest)| rest);
            let host = host.split('/').next().unwrap_or_default();
            let why = format!(
                "`{address}` is no address of a target, for it has a `/`: write `{host}`, and the \
                 rest as `scheme` and `metrics_path`"
            );
            Some((target.place, why))
        });
        refused.extend(with_path);
    }
    refused
}

#[cfg(test)]
mod tests {
    use crate::checks::loaded::broken_configuration::tests::project;
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "loaded/broken-configuration";

    #[test]
    fn targets_that_are_no_list_or_no_addresses_are_found() {
        for (targets, expected) in [
            ("static_configs: [{targets: 'a:1'}]", "`targets` is no list"),
            (
                "static_configs: {targets: ['a:1']}",
                "`static_configs` is no list",
            ),
            (
                "static_configs: [{targets: ['http://a:1']}]",
                "`http://a:1` is no address",
            ),
            (
                "static_configs: [{targets: ['a:1/metrics']}]",
                "`a:1/metrics` is no address",
            ),
        ] {
            for configuration in [
                format!("scrape_configs:\n- {{job_name: j, {targets}}}"),
                format!("scrape_configs: []\nalerting: {{alertmanagers: [{{{targets}}}]}}"),
            ] {
                let found = crate::test_projects::findings(&project(&configuration));
                let mut found = found.iter().filter(|line| line.contains(ID));
                let line = found.next().unwrap();
                assert!(
                    line.contains(expected) && line.contains(" error "),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn addresses_that_relabelling_changes_are_silent() {
        let probed = "scrape_configs:\n- {job_name: j, metrics_path: /probe, static_configs: \
                      [{targets: ['http://a:1/']}], relabel_configs: [{source_labels: \
                      [__address__], target_label: __param_target}]}";
        assert_silent(ID, &project(probed));
        assert_finds(
            ID,
            &project("scrape_configs:\n- {job_name: j, static_configs: }"),
            &[],
        );
    }
}
