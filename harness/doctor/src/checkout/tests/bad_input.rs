use proptest::prelude::*;

use super::{RULES, Wishes, loaded, one, read, wished};

#[test]
fn checkout_without_any_of_it_is_refused_with_what_to_name() {
    let refused = read("--- README.md\nhello\n").unwrap_err().to_string();
    assert!(refused.contains("--compose"), "{refused}");
    assert!(read("").is_err());
}

#[test]
fn named_file_that_is_not_there_or_is_no_such_file_is_refused() {
    let text = "--- a.yml\n- x\n";
    for name in ["b.yml", "a.yml"] {
        let refused = wished(text, |folder| Wishes {
            compose: vec![folder.path().join(name)],
            ..Wishes::default()
        });
        assert!(refused.unwrap_err().to_string().contains(name));
    }
    let refused = wished(text, |folder| Wishes {
        prometheus: Some(folder.path().join("p.yml")),
        ..Wishes::default()
    });
    assert!(refused.unwrap_err().to_string().contains("p.yml"));
}

#[test]
fn compose_file_that_is_no_yaml_is_refused_if_there_is_nothing_else() {
    let broken = "--- docker-compose.yml\nservices: [\n";
    assert!(
        read(broken)
            .unwrap_err()
            .to_string()
            .contains("docker-compose.yml")
    );
    let variant = one(&format!("{broken}--- rules.yml\n{RULES}"));
    assert_eq!(loaded(&variant), ["rules.yml"]);
}

#[test]
fn rules_that_are_no_yaml_or_no_promql_are_told() {
    let variant = one(
        "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: up = = 0\n\
                       --- b_rules.yml\ngroups: [\n  alert: expr: x\n",
    );
    let broken: Vec<_> = variant
        .rules_files
        .iter()
        .map(|file| file.broken.len())
        .collect();
    let complaints: Vec<_> = variant
        .rules_files
        .iter()
        .map(|file| file.complaints.len())
        .collect();
    assert_eq!((broken, complaints), (vec![1, 0], vec![0, 1]));
}

#[test]
fn links_that_lead_out_of_the_checkout_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("rules.yml"), RULES).unwrap();
    let folder = tempfile::tempdir().unwrap();
    crate::test_projects::write("--- a/r.yml\ngroups:\n", folder.path());
    let link = |from: &std::path::Path, to: &str| {
        std::os::unix::fs::symlink(from, folder.path().join(to)).unwrap();
    };
    link(outside.path(), "out");
    link(&outside.path().join("rules.yml"), "rules.yml");
    link(folder.path(), "a/again");
    assert!(super::Checkout::read(folder.path(), &Wishes::default()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_makes_it_panic(
        compose in "(services:\n  prometheus: )?[a-z:\\- \n\\[\\]{}&*'\"$./]{0,60}",
        prometheus in "(rule_files: |scrape_configs: )?[a-z:\\- \n\\[\\]{}&*'\"$./]{0,60}",
        rules in "(groups:\n)?(- alert: a\n  expr: )?[a-z:\\- \n\\[\\]{}&*'\"$./()|é]{0,60}",
    ) {
        let project = format!(
            "--- compose.yml\n{compose}\n--- prometheus.yml\n{prometheus}\n--- rules.yml\n{rules}\n"
        );
        if let Ok(variants) = read(&project) {
            let _ = crate::examine(&variants);
        }
    }

    #[test]
    fn no_tree_of_files_makes_it_panic(
        names in proptest::collection::vec("(compose|prometheus|rules|alertmanager|\\.env|Dockerfile|[a-c]/x)(\\.yml)?", 1..6),
        texts in proptest::collection::vec(0..6_usize, 6),
    ) {
        let texts_of_kinds = [
            "services: {prometheus: {image: prom/prometheus, volumes: ['.:/etc/prometheus']}}\n",
            "rule_files: ['*.yml', a/x.yml]\nscrape_configs: [{job_name: a}]\n",
            RULES,
            "route: {receiver: a}\nreceivers: [{name: a}]\n",
            "include: [compose.yml, a/x.yml]\nextends: b\n",
            "\u{fffd}: [\n",
        ];
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in names.iter().zip(&texts) {
            let path = folder.path().join(name);
            let _ = std::fs::create_dir_all(path.parent().unwrap());
            let _ = std::fs::write(path, texts_of_kinds[*text]);
        }
        if let Ok(variants) = super::Checkout::read(folder.path(), &Wishes::default()) {
            let _ = crate::examine(&variants);
        }
    }
}
