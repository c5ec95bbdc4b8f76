use super::{RULES, Wishes, loaded, one, read, wished};

const SERVICE: &str = "prometheus: {image: prom/prometheus, volumes: ['./p:/etc/prometheus']}";

fn with_rules() -> String {
    format!("--- p/prometheus.yml\nrule_files: [r.yml]\nscrape_configs: []\n--- p/r.yml\n{RULES}")
}

#[test]
fn file_of_changes_and_file_beside_it_belong_together() {
    let project = format!(
        "--- docker-compose.yml\nservices: {{api: {{image: api}}}}\n\
         --- docker-compose.override.yml\nservices: {{api: {{container_name: shop_api}}}}\n\
         --- docker-compose.monitoring.yml\nservices: {{{SERVICE}}}\n\
         --- other/compose.yml\nservices: {{db: {{image: postgres}}}}\n{}",
        with_rules()
    );
    let variant = one(&project);
    let model = variant.compose.as_ref().unwrap();
    assert_eq!(model.services.len(), 2);
    let api = &model.services["api"];
    assert_eq!(api.container_name.as_deref(), Some("shop_api"));
    assert_eq!(variant.services_elsewhere, ["db"]);
    assert_eq!(loaded(&variant), ["p/r.yml"]);
}

#[test]
fn each_compose_file_with_a_prometheus_of_its_own_is_a_variant() {
    let project = format!(
        "--- docker-compose.yml\nservices: {{{SERVICE}}}\n\
         --- docker-compose.prod.yml\nservices: {{{SERVICE}, api: {{image: api}}}}\n{}",
        with_rules()
    );
    assert_eq!(read(&project).unwrap().len(), 2);
}

#[test]
fn two_prometheuses_with_two_configurations_are_two_variants() {
    let project = "--- compose.yml\nservices:\n  a: {image: prom/prometheus, volumes: \
                   ['./a.yml:/etc/prometheus/prometheus.yml']}\n  b: {image: prom/prometheus, \
                   volumes: ['./b.yml:/etc/prometheus/prometheus.yml']}\n\
                   --- a.yml\nscrape_configs: []\n--- b.yml\nscrape_configs: []\n";
    let variants = read(project).unwrap();
    let files: Vec<_> = variants
        .iter()
        .map(|variant| {
            variant
                .prometheus
                .as_ref()
                .unwrap()
                .file
                .path
                .to_str()
                .unwrap()
        })
        .collect();
    assert_eq!(files, ["a.yml", "b.yml"]);
}

#[test]
fn configuration_without_a_compose_file_is_a_variant() {
    let variant = one(&format!(
        "--- conf/prometheus.yml\nrule_files: ['rules/*.yml', /etc/prometheus/far.yml]\n\
         scrape_configs: []\n--- conf/rules/a.yml\n{RULES}--- elsewhere/far.yml\n{RULES}"
    ));
    assert_eq!(loaded(&variant), ["conf/rules/a.yml", "elsewhere/far.yml"]);
    assert!(variant.compose.is_none());
}

#[test]
fn rules_alone_are_a_variant_without_a_prometheus() {
    let variant = one(&format!(
        "--- a/rules.yml\n{RULES}--- b/x.yaml\n{RULES}\
         --- c.yaml\napiVersion: v1\nkind: PrometheusRule\nspec: {{{}}}\n\
         --- helm/t.yaml\n{{{{- if .Values.x }}}}\n{RULES}{{{{- end }}}}\n",
        RULES.trim()
    ));
    assert_eq!(loaded(&variant), ["a/rules.yml", "b/x.yaml"]);
    assert!(variant.unloaded.is_empty());
}

#[test]
fn another_kind_of_server_leaves_all_rules_to_be_judged() {
    let variant = one(&format!(
        "--- compose.yml\nservices: {{vmalert: {{image: victoriametrics/vmalert, volumes: \
         ['./r.yml:/r.yml']}}}}\n--- r.yml\n{RULES}--- p.yml\nscrape_configs: []\n"
    ));
    assert_eq!(loaded(&variant), ["r.yml"]);
    assert!(variant.prometheus.is_none());
}

#[test]
fn named_files_are_taken_instead() {
    let project = format!(
        "--- compose.yml\nservices: {{{SERVICE}}}\n--- dev/stack.yml\nservices: {{other: \
         {{image: prom/prometheus, volumes: ['../p:/etc/prometheus']}}}}\n{}\
         --- q.yml\nscrape_configs: [{{job_name: q}}]\n",
        with_rules()
    );
    let variants = wished(&project, |folder| Wishes {
        compose: vec![folder.path().join("dev/stack.yml")],
        ..Wishes::default()
    });
    let prometheus = variants.unwrap().remove(0).prometheus.unwrap();
    assert_eq!(prometheus.service.as_deref(), Some("other"));
    let variants = wished(&project, |folder| Wishes {
        prometheus: Some(folder.path().join("q.yml")),
        ..Wishes::default()
    });
    let prometheus = variants.unwrap().remove(0).prometheus.unwrap();
    assert_eq!(prometheus.jobs[0].name.text, "q");
}

#[test]
fn alertmanager_is_the_one_that_is_told_or_else_a_file_that_looks_like_one() {
    let am = "route: {receiver: a}\nreceivers: [{name: a}]\n";
    let variant = one(&format!(
        "--- compose.yml\nservices:\n  {SERVICE}\n  am: {{build: ./am}}\n\
         --- am/Dockerfile\nFROM prom/alertmanager\nCOPY x.yml /etc/alertmanager/alertmanager.yml\n\
         --- am/x.yml\n{am}--- other/alertmanager.yml\n{am}{}",
        with_rules()
    ));
    let alertmanager = variant.alertmanager.unwrap();
    assert_eq!(alertmanager.file.path.to_str(), Some("am/x.yml"));
    assert_eq!(alertmanager.service.as_deref(), Some("am"));
    let variant = one(&format!("--- other/am.yml\n{am}--- r.yml\n{RULES}"));
    assert_eq!(variant.alertmanager.unwrap().service, None);
}
