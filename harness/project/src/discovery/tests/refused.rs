//! What is refused, and with which words.

use insta::assert_snapshot;

use super::*;

#[test]
fn project_without_prometheus_is_refused_and_its_likes_are_named() {
    assert_snapshot!(Project::new(r#"{"api": {"image": "nginx"}}"#).refused(), @"
        failed to read the compose project `shop`: it has no Prometheus: no image of
        that name, no command with its flags, no mounted file with `scrape_configs`;
        name its service, as `prometheus: SERVICE`, or its compose file with --compose;
        if it starts by a profile, name that with --profile
        ");
    assert_snapshot!(
        Project::new(r#"{"vm": {"image": "victoriametrics/victoria-metrics:v1.100"}}"#).refused(),
        @"
        failed to read the compose project `shop`: it has no Prometheus: no image of
        that name, no command with its flags, no mounted file with `scrape_configs`; vm
        is of the same kind and is no Prometheus: alertdrill reads Prometheus's own API
        and samples
        "
    );
}

#[test]
fn one_of_two_prometheuses_has_to_be_named() {
    let two = Project::new(
        r#"{"a": {"image": "prom/prometheus"}, "b": {"image": "registry.example/prometheus/prometheus:v3"}}"#,
    );
    assert_snapshot!(two.refused(), @"
        failed to read the compose project `shop`: it has more than one Prometheus: a,
        b; say which one is meant, as `prometheus: a` in alertdrill.yml or `--prometheus
        a`
        ");
    let refused = two.discovered_with(&wished("bb")).unwrap_err();
    assert_snapshot!(folded(&refused), @"
        failed to read the compose project `shop`: it has no service `bb`; the nearest
        is `b`
        ");
    // The one that is named is looked into.
    let refused = two.discovered_with(&wished("b")).unwrap_err();
    assert_snapshot!(folded(&refused), @"
        failed to read Prometheus's configuration, /etc/prometheus/prometheus.yml in
        `b`: it is in the image alone (nothing is mounted into that service); mount it
        from a file of the project
        ");
}

#[test]
fn configuration_that_is_no_file_of_the_project_is_refused_with_the_reason() {
    let missing = Project::ordinary().without("prometheus/prometheus.yml");
    assert_snapshot!(missing.refused(), @"
        failed to read Prometheus's configuration, /etc/prometheus/prometheus.yml in
        `metrics`: ROOT/prometheus/prometheus.yml is not there; beside it is rules
        ");
    let in_a_volume = Project::new(
        r#"{"p": {"image": "prom/prometheus", "volumes": [
            {"type": "volume", "source": "conf", "target": "/etc/prometheus"}]}}"#,
    );
    assert_snapshot!(in_a_volume.refused(), @"
        failed to read Prometheus's configuration, /etc/prometheus/prometheus.yml in
        `p`: it lies in the volume `conf`; mount it from a file of the project
        ");
    let written = Project::new(
        r#"{"p": {"image": "prom/prometheus", "entrypoint": ["sh", "-c",
            "sed s/A/B/ /t > /etc/prometheus/prometheus.yml && prometheus"]}}"#,
    );
    assert_snapshot!(written.refused(), @"
        failed to read Prometheus's configuration, /etc/prometheus/prometheus.yml in
        `p`: the container writes it when it starts; mount it from a file of the project
        ");
}

#[test]
fn configuration_and_rules_that_are_not_understood_are_refused_with_file_and_line() {
    let bad = |path: &str, text: &str| Project::ordinary().file(path, text).refused();
    assert_snapshot!(bad("prometheus/prometheus.yml", "global:\n  a: [\n"), @"
        failed to read ROOT/prometheus/prometheus.yml:3:1: did not find expected node
        content at line 3 column 1, while parsing a flow node
        ");
    assert_snapshot!(bad("prometheus/prometheus.yml", "rule_files: x.yml\n"), @r#"
        failed to read ROOT/prometheus/prometheus.yml:1:13: rule_files: invalid type:
        string "x.yml", expected a sequence at line 1 column 13
        "#);
    assert_snapshot!(bad("prometheus/prometheus.yml", "scrape_configs: []\n"), @"
        failed to read ROOT/prometheus/prometheus.yml: it names no `rule_files`, so
        there is no alert that could be drilled
        ");
    assert_snapshot!(bad("prometheus/prometheus.yml", "rule_files: [x/*.yml, /y.yml]\n"), @"
        failed to read ROOT/prometheus/prometheus.yml: `rule_files` names x/*.yml, and
        Prometheus loads nothing by it: no file is there (mounted are /etc/prometheus);
        `rule_files` names /y.yml, and Prometheus loads nothing by it: nothing is
        mounted at /y.yml; mount the rules into the container
        ");
    assert_snapshot!(bad("prometheus/rules/c.yml", "scrape_configs: []\n"), @"
        failed to read ROOT/prometheus/rules/c.yml: it is no rules file, for it has
        something besides `groups`; Prometheus, which `rule_files` makes load it as
        /etc/prometheus/rules/c.yml, would not start
        ");
    assert_snapshot!(bad("prometheus/rules/c.yml", "groups:\n  - a: b: c\n"), @"
        failed to read ROOT/prometheus/rules/c.yml:2:9: mapping values are not allowed
        in this context at line 2 column 9
        ");
}

#[test]
fn pattern_of_rule_files_that_is_in_vain_is_noted_if_others_are_not() {
    let text = "rule_files: ['rules/*.yml', /elsewhere/x.yml]\n";
    let project = Project::ordinary().file("prometheus/prometheus.yml", text);
    assert_snapshot!(folded(&project.discovered().notes.join("\n")), @"
        `rule_files` names /elsewhere/x.yml, and Prometheus loads nothing by it: nothing
        is mounted at /elsewhere/x.yml
        alerts is Alertmanager by its image; Prometheus's
        configuration sends it no alerts, so none will be delivered
        ");
}

#[test]
fn alertmanager_that_writes_its_own_configuration_is_refused_unless_nobody_asks_for_it() {
    let project = Project::ordinary();
    let written =
        r#""entrypoint": ["sh", "-c", "envsubst </t >/etc/alertmanager/am.yml"], "command":"#;
    let project = Project {
        model: project.model.replace(r#""command":"#, written),
        ..project
    };
    assert_snapshot!(project.refused(), @"
        failed to read Alertmanager's configuration, /etc/alertmanager/am.yml in
        `alerts`: the container writes it when it starts, so its routes cannot be read;
        mount it from a file of the project, or judge firing alone: `--alertmanager
        none`, or `alertmanager: none` in alertdrill.yml
        ");
    let wishes = Wishes {
        no_alertmanager: true,
        ..Wishes::default()
    };
    assert_eq!(project.discovered_with(&wishes).unwrap().alertmanager, None);
}
