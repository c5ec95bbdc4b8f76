//! What is found.

use super::*;

#[test]
fn servers_files_and_targets_of_an_ordinary_project_are_found() {
    let project = Project::ordinary();
    let found = project.discovered();
    assert_eq!(found.prometheus, server("metrics", 9090));
    assert_eq!(found.alertmanager, Some(server("alerts", 9093)));
    assert_eq!(found.grafana, Some(server("graphs", 3000)));
    let file = |on_host: &str, in_container: &str| MountedFile {
        on_host: project.root().join(on_host),
        in_container: in_container.to_owned(),
    };
    assert_eq!(
        found.rules,
        ["a", "b"].map(|name| file(
            &format!("prometheus/rules/{name}.yml"),
            &format!("/etc/prometheus/rules/{name}.yml")
        ))
    );
    let configuration = file("am.yml", "/etc/alertmanager/am.yml");
    assert_eq!(found.alertmanager_configuration, Some(configuration));
    let jobs = found.scrape_jobs.iter().map(|job| {
        let target = &job.targets[0];
        let service = target.service.as_deref();
        (
            job.job.as_str(),
            service,
            job.scrape_interval.as_secs(),
            target.labels.len(),
        )
    });
    let jobs: Vec<_> = jobs.collect();
    assert_eq!(jobs, [("api", Some("api"), 2, 1), ("machine", None, 5, 0)]);
    let intervals = [found.scrape_interval, found.evaluation_interval];
    assert_eq!(intervals.map(|interval| interval.as_secs()), [5, 60]);
    assert_eq!(found.notes, [""; 0]);
    assert_eq!(loaded_rules(&found).unwrap()[0].alert, "ApiDown");
}

#[test]
fn prometheus_is_known_by_its_flags_and_by_what_it_mounts() {
    let by_flags = Project::new(
        r#"{"watch": {"image": "registry.example.org/base", "entrypoint": ["sh", "-c",
            "exec prom --config.file=/p/prom.yml --storage.tsdb.path=/d --web.listen-address=:9191 --web.external-url=http://x/prom/"],
            "volumes": [{"type": "bind", "source": "ROOT/prom.yml", "target": "/p/prom.yml"},
                        {"type": "bind", "source": "ROOT/r.yml", "target": "/p/r.yml"}]},
            "loki": {"image": "grafana/promtail"}}"#,
    )
    .file("prom.yml", "rule_files: [r.yml]\nscrape_configs: []\n")
    .file("r.yml", "groups: []\n");
    let found = by_flags.discovered();
    assert_eq!(found.prometheus.service, "watch");
    assert_eq!(
        (found.prometheus.port, found.prometheus.path_prefix.as_str()),
        (9191, "/prom")
    );

    let by_mount = Project::new(
        r#"{"watch": {"image": "mine", "volumes": [
            {"type": "bind", "source": "ROOT/p", "target": "/etc/prometheus"}]}}"#,
    )
    .file(
        "p/prometheus.yml",
        "rule_files: [r.yml]\nscrape_configs: []\n",
    )
    .file("p/r.yml", "groups: []\n");
    let found = by_mount.discovered();
    assert_eq!(found.prometheus.service, "watch");
    let why = "watch is taken for Prometheus: it mounts a file with `scrape_configs`";
    assert_eq!(found.notes, [why]);
}

#[test]
fn files_that_a_dockerfile_copies_are_found_and_the_note_says_so() {
    let project = Project::new(
        r#"{"prom": {"build": {"context": "ROOT/prom", "dockerfile": "Dockerfile"}}}"#,
    )
    .file(
        "prom/Dockerfile",
        "FROM prom/prometheus\nCOPY . /etc/prometheus/\n",
    )
    .file("prom/prometheus.yml", "rule_files: [r.yml]\n")
    .file("prom/r.yml", "groups: []\n");
    let found = project.discovered();
    assert_eq!(found.rules[0].on_host, project.root().join("prom/r.yml"));
    assert!(
        found.notes[0].contains("is copied into the image of prom"),
        "{:?}",
        found.notes
    );
}

#[test]
fn configs_of_compose_are_files_too() {
    let project = Project::new(
        r#"{"prom": {"image": "prom/prometheus", "configs": [
            {"source": "conf", "target": "/etc/prometheus/prometheus.yml"},
            {"source": "rules", "target": "/rules.yml"}]}},
            "configs": {"conf": {"file": "ROOT/p.yml"}, "rules": {"file": "ROOT/r.yml"}}, "x": {}"#,
    );
    let project = Project {
        model: project.model.replace(r#", "x": {}}"#, "}"),
        ..project
    }
    .file("p.yml", "rule_files: [/rules.yml]\n")
    .file("r.yml", "groups: []\n");
    assert_eq!(
        project.discovered().rules[0].on_host,
        project.root().join("r.yml")
    );
}

#[test]
fn others_who_are_told_of_alerts_are_named() {
    let text = "rule_files: ['rules/*.yml']\nalerting: {alertmanagers: [{static_configs: \
                [{targets: ['pager.example.org:9093', 'alerts:9093']}]}]}\n";
    let project = Project::ordinary().file("prometheus/prometheus.yml", text);
    let found = project.discovered();
    assert_eq!(found.alertmanager, Some(server("alerts", 9093)));
    assert_eq!(found.also_told, ["pager.example.org:9093"]);
}

#[test]
fn alertmanager_that_prometheus_does_not_know_is_found_by_its_image_with_a_note() {
    let text = "rule_files: ['rules/*.yml']\n";
    let project = Project::ordinary().file("prometheus/prometheus.yml", text);
    let found = project.discovered();
    assert_eq!(found.alertmanager, Some(server("alerts", 9093)));
    assert!(
        found.notes[0].contains("sends it no alerts"),
        "{:?}",
        found.notes
    );
}

#[test]
fn targets_of_a_prober_and_of_files_are_resolved() {
    let text = "rule_files: ['rules/*.yml']\nscrape_configs:\n- job_name: probes\n  static_configs: \
                [{targets: ['http://api/health']}]\n  relabel_configs:\n  - {source_labels: \
                [__address__], target_label: __param_target}\n  - {target_label: __address__, \
                replacement: 'graphs:9115'}\n- job_name: files\n  file_sd_configs: [{files: \
                ['t/*.json']}]\n- job_name: docker\n  docker_sd_configs: [{host: x}]\n- job_name: \
                dns\n  dns_sd_configs: [{names: [tasks.api], type: A, port: 80}]\n";
    let project = Project::ordinary()
        .file("prometheus/prometheus.yml", text)
        .file(
            "prometheus/t/a.json",
            r#"[{"targets": ["api:1"], "labels": {"a": "b"}}]"#,
        );
    let found = project.discovered();
    let services = found.scrape_jobs.iter().map(|job| {
        let targets = job.targets.iter();
        let services: Vec<_> = targets
            .filter_map(|target| target.service.as_deref())
            .collect();
        let through = job.asked_through.as_ref();
        let through = through.and_then(|through| through.service.as_deref());
        (job.job.as_str(), services, through)
    });
    assert_eq!(
        services.collect::<Vec<_>>(),
        [
            ("probes", vec!["api"], Some("graphs")),
            ("files", vec!["api"], None),
            ("docker", vec![], None),
            ("dns", vec!["api"], None)
        ]
    );
    let note = "the job docker: what `docker_sd_configs` finds is known to Prometheus alone";
    assert!(found.notes.contains(&note.to_owned()), "{:?}", found.notes);
}
