use super::{RULES, loaded, one, prometheus};

fn project(service: &str, configuration: &str, files: &str) -> String {
    format!(
        "--- compose.yml\nservices:\n  prometheus: {{image: prom/prometheus, {service}}}\n  \
         api: {{image: api, container_name: shop_api}}\n  web: {{image: web, ports: ['8080:80']}}\n\
         --- p/prometheus.yml\n{configuration}\n{files}"
    )
}

const FOLDER: &str = "volumes: ['./p:/etc/prometheus']";

#[test]
fn targets_of_files_are_there_with_their_own_places() {
    let project = project(
        FOLDER,
        "scrape_configs:\n- job_name: a\n  file_sd_configs: [{files: [t/*.json, u.yml]}]\n\
         - job_name: b\n  file_sd_configs: [{files: [none/*.yml]}]\n\
         - job_name: c\n  dns_sd_configs: [{names: [api]}]",
        "--- p/t/x.json\n[\n {\"targets\": [\"api:80\", \"shop_api:81\"], \"labels\": {\"a\": \"b\"}}\n]\n\
         --- p/u.yml\n- targets: [nobody:1]\n",
    );
    let jobs = prometheus(&project).jobs;
    let shown = |number: usize| {
        let targets = jobs[number].targets.iter().map(|target| {
            let service = target.service.as_deref().unwrap_or("nobody");
            let (file, line) = (target.file.path.display(), target.address.place.line);
            format!("{} {service} {file}:{line}", target.address.text)
        });
        (targets.collect::<Vec<_>>(), jobs[number].finds_targets)
    };
    let expected = [
        "api:80 api p/t/x.json:2",
        "shop_api:81 api p/t/x.json:2",
        "nobody:1 nobody p/u.yml:1",
    ];
    assert_eq!(shown(0), (expected.map(str::to_owned).to_vec(), false));
    assert_eq!(shown(1), (vec![], true));
    assert!(shown(2).1);
}

#[test]
fn jobs_of_other_files_are_there() {
    let project = project(
        FOLDER,
        "scrape_config_files: ['jobs/*.yml']",
        "--- p/jobs/a.yml\nscrape_configs:\n- job_name: a\n  static_configs: [{targets: ['api:80']}]\n",
    );
    let prometheus = prometheus(&project);
    assert_eq!(prometheus.jobs[0].name.text, "a");
    assert_eq!(prometheus.jobs[0].file.path.to_str(), Some("p/jobs/a.yml"));
    assert_eq!(
        prometheus.jobs[0].targets[0].service.as_deref(),
        Some("api")
    );
    assert!(!prometheus.has_unread_jobs);
}

#[test]
fn service_behind_a_target_is_found_by_each_of_its_names() {
    let targets = "scrape_configs: [{job_name: a, static_configs: [{targets: ['localhost:9090', \
                   'host.docker.internal:8080', 'shop_api:1', 'b:1', '${X}:1']}]}]";
    let text = project(
        "links: ['web:b'], volumes: ['./p:/etc/prometheus']",
        targets,
        "",
    );
    let targets = prometheus(&text).jobs.remove(0).targets;
    let services: Vec<_> = targets
        .iter()
        .map(|target| target.service.as_deref())
        .collect();
    let expected = [
        Some("prometheus"),
        Some("web"),
        Some("api"),
        Some("web"),
        None,
    ];
    assert_eq!(services, expected);
    assert!(targets[4].address.is_filled_in_later());
    assert!(!targets[0].address.is_filled_in_later());
}

#[test]
fn configuration_and_rules_are_found_by_command_config_and_dockerfile() {
    let rules = format!("--- p/r.yml\n{RULES}");
    let configuration = "rule_files: [r.yml]\nscrape_configs: []";
    for service in [
        "command: --config.file=/x/prometheus.yml, volumes: ['./p:/x']",
        "configs: [{source: c, target: /etc/prometheus/prometheus.yml}, {source: r, target: \
         /etc/prometheus/r.yml}]",
        "build: p",
        "entrypoint: sh -c 'envsubst < /t/prometheus.yml > /tmp/p.yml && prometheus \
         --config.file=/tmp/p.yml', volumes: ['./p:/t']",
    ] {
        let more = "--- p/Dockerfile\nFROM prom/prometheus\nCOPY prometheus.yml r.yml \
                    /etc/prometheus/\n";
        let text = project(service, configuration, &format!("{rules}{more}"));
        let configs = "configs: {c: {file: p/prometheus.yml}, r: {file: p/r.yml}}\n--- p/prom";
        let text = text.replacen("--- p/prom", configs, 1);
        let variant = one(&text);
        assert_eq!(loaded(&variant), ["p/r.yml"], "{service}");
        let file = &variant.prometheus.as_ref().unwrap().file;
        assert_eq!(file.path.to_str(), Some("p/prometheus.yml"));
    }
}

#[test]
fn rules_inside_of_the_compose_file_have_its_places() {
    let text = "--- compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    configs:\n    \
                - {source: p, target: /etc/prometheus/prometheus.yml}\n    \
                - {source: r, target: /etc/prometheus/r.yml}\n\
                configs:\n  p:\n    content: |\n      rule_files: [r.yml]\n      scrape_configs: []\n  \
                r:\n    content: |\n      groups:\n      - name: g\n        rules:\n        \
                - alert: A\n          expr: up == 0\n          labels: {a: '$${b}'}\n";
    let variant = one(text);
    let rule = variant.rules().next().unwrap();
    assert_eq!(rule.path().to_str(), Some("compose.yml"));
    assert_eq!((rule.name.place.line, rule.name.place.column), (17, 18));
    assert_eq!(rule.label("a").unwrap().text, "${b}");
}
