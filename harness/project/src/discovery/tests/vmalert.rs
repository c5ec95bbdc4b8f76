//! Projects whose rules vmalert evaluates, and projects that are watched twice.

use alertdrill_core::EvaluationDelays;
use std::time::Duration;

use super::*;

/// VictoriaMetrics and vmalert, which has these further flags.
fn watched_by_vmalert(flags: &str) -> Project {
    Project::new(&format!(
        r#"{{
        "vm": {{"image": "victoriametrics/victoria-metrics:v1.112.0", "volumes": [
            {{"type": "bind", "source": "ROOT/p", "target": "/etc/prometheus"}}],
            "command": ["-promscrape.config=/etc/prometheus/scrape.yml", "-httpListenAddr=:9090"]}},
        "evaluator": {{"image": "victoriametrics/vmalert:v1.112.0", "volumes": [
            {{"type": "bind", "source": "ROOT/p/rules", "target": "/rules"}}],
            "command": ["-rule=/rules/a.yml", "-rule=/rules/b.yml", "-datasource.url=http://vm:9090",
                        "-remoteWrite.url=http://vm:9090"{flags}]}},
        "alerts": {{"image": "prom/alertmanager", "volumes": [
            {{"type": "bind", "source": "ROOT/am.yml", "target": "/etc/alertmanager/am.yml"}}],
            "command": ["--config.file=/etc/alertmanager/am.yml", "--web.route-prefix=/am"]}}
        }}"#
    ))
    .file(
        "p/scrape.yml",
        "global: {scrape_interval: 5s}\nscrape_configs:\n  - job_name: vm\n    static_configs: \
         [{targets: ['vm:9090']}]\n",
    )
    .file("p/rules/a.yml", "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n")
    .file("p/rules/b.yml", "groups: []\n")
    .file("am.yml", "route: {receiver: x}\nreceivers: [{name: x}]\n")
}

#[test]
fn vmalert_is_found_with_its_rules_whom_it_tells_and_how_late_it_evaluates() {
    let project = watched_by_vmalert(
        r#", "-evaluationInterval=15s", "-notifier.url=http://alerts:9093/am", "-rule.evalDelay=5s""#,
    );
    let found = project.discovered();
    assert_eq!(found.prometheus, server("vm", 9090));
    assert_eq!(found.rule_engine, Some(server("evaluator", 8880)));
    assert_eq!(found.evaluating_service(), "evaluator");
    let rules = found.rules.iter().map(|file| file.in_container.as_str());
    assert_eq!(rules.collect::<Vec<_>>(), ["/rules/a.yml", "/rules/b.yml"]);
    let alertmanager = found.alertmanager.as_ref().unwrap();
    assert_eq!(
        (
            alertmanager.service.as_str(),
            alertmanager.path_prefix.as_str()
        ),
        ("alerts", "/am")
    );
    let delays = EvaluationDelays {
        evaluation_interval: Duration::from_secs(15),
        evaluation_delay: Duration::from_secs(5),
    };
    assert_eq!(found.evaluation_delays, Some(delays));
    assert_eq!(found.notes, [""; 0]);
    let rules = loaded_rules(&found).unwrap();
    assert_eq!(rules[0].evaluation_interval, Duration::from_secs(15));
    assert_eq!(rules[0].query_offset, Duration::from_secs(5 + 15));
}

#[test]
fn vmalert_without_flags_has_its_own_defaults() {
    let found = watched_by_vmalert(r#", "-notifier.url=http://alerts:9093/am""#).discovered();
    let delays = EvaluationDelays {
        evaluation_interval: Duration::from_secs(60),
        evaluation_delay: Duration::from_secs(30),
    };
    assert_eq!(found.evaluation_delays, Some(delays));
}

#[test]
fn vmalert_that_tells_whom_a_file_names_is_refused() {
    let project = watched_by_vmalert(r#", "-notifier.config=/rules/notifiers.yml""#);
    let refused = project.refused().replace('\n', " ");
    assert!(
        refused.contains("-notifier.config") && refused.contains("would page"),
        "{refused}"
    );
}

#[test]
fn prometheus_beside_a_vmalert_evaluates_the_rules_unless_the_vmalert_is_named() {
    let services = r#"{
        "metrics": {"image": "prom/prometheus", "command": ["--config.file=/p/p.yml"], "volumes": [
            {"type": "bind", "source": "ROOT/p.yml", "target": "/p/p.yml"},
            {"type": "bind", "source": "ROOT/r.yml", "target": "/p/r.yml"}]},
        "vm": {"image": "x", "command": ["-promscrape.config=/p.yml"], "volumes": [
            {"type": "bind", "source": "ROOT/p.yml", "target": "/p.yml"}]},
        "evaluator": {"image": "y", "command": ["-rule=/r.yml", "-datasource.url=http://vm:8428"],
            "volumes": [{"type": "bind", "source": "ROOT/r.yml", "target": "/r.yml"}]}}"#;
    let project = Project::new(services)
        .file("p.yml", "rule_files: [r.yml]\nscrape_configs: []\n")
        .file("r.yml", "groups: []\n");
    assert_eq!(project.discovered().evaluating_service(), "metrics");
    let named = |service: &str| Wishes {
        rule_engine: Some(ServerName {
            service: service.to_owned(),
            port: None,
        }),
        ..Wishes::default()
    };
    let found = project.discovered_with(&named("evaluator")).unwrap();
    assert_eq!(
        (
            found.prometheus.service.as_str(),
            found.evaluating_service()
        ),
        ("vm", "evaluator")
    );
    let found = project.discovered_with(&named("metrics")).unwrap();
    assert_eq!(found.evaluating_service(), "metrics");
    assert_eq!(found.rule_engine, None);
}

#[test]
fn second_alertmanager_with_the_same_file_is_a_peer_and_one_with_another_is_told_too() {
    let project = |second: &str| {
        Project::new(&format!(
            r#"{{
            "metrics": {{"image": "prom/prometheus", "volumes": [
                {{"type": "bind", "source": "ROOT/p", "target": "/etc/prometheus/"}}]}},
            "alerts": {{"image": "prom/alertmanager", "volumes": [
                {{"type": "bind", "source": "ROOT/am.yml",
                  "target": "/etc/alertmanager/alertmanager.yml"}}]}},
            "alerts-2": {{"image": "prom/alertmanager", "volumes": [
                {{"type": "bind", "source": "ROOT/{second}",
                  "target": "/etc/alertmanager/alertmanager.yml"}}]}}}}"#
        ))
        .file(
            "p/prometheus.yml",
            "rule_files: [r.yml]\nscrape_configs: []\nalerting: {alertmanagers: \
             [{static_configs: [{targets: ['alerts:9093', 'alerts-2:9093']}]}]}\n",
        )
        .file("p/r.yml", "groups: []\n")
        .file("am.yml", "route: {receiver: x}\nreceivers: [{name: x}]\n")
        .file(
            "other.yml",
            "route: {receiver: y}\nreceivers: [{name: y}]\n",
        )
    };
    let found = project("am.yml").discovered();
    let peers = found
        .alertmanager_peers
        .iter()
        .map(|peer| peer.service.as_str());
    assert_eq!(peers.collect::<Vec<_>>(), ["alerts-2"]);
    assert_eq!(found.also_told, [""; 0]);
    let found = project("other.yml").discovered();
    assert_eq!(found.alertmanager_peers, []);
    assert_eq!(found.also_told, ["alerts-2:9093"]);
}
