use proptest::prelude::*;

use super::{one, read};

#[test]
fn what_is_no_yaml_or_no_compose_file_is_refused_with_its_line_and_what_to_do() {
    for (text, place, advice) in [
        (
            "services:\n  a: [\nb: }\n",
            "compose.yml:2:",
            "docker compose config",
        ),
        ("api:\n  image: x\n", "compose.yml:1", "`services:`"),
        ("- a\n", "compose.yml:1", "`services:`"),
    ] {
        let (_folder, read) = read(&[("compose.yml", text)], &["compose.yml"]);
        let refused = read.unwrap_err().to_string();
        assert!(refused.contains(place), "{refused}");
        assert!(refused.contains(advice), "{refused}");
    }
    assert!(read(&[], &["compose.yml"]).1.is_err());
}

#[test]
fn what_is_not_understood_is_left_out() {
    let text = "services:\n  a: {ports: [x, [1], 70000, '1:2:3:4'], volumes: ['a:b:c:d', 3, {}], \
                networks: 5, environment: 7, depends_on: {b: }, build: , extends: nobody}\n  b: 3\n\
                c: d\n";
    let read = one(text);
    let a = &read.model.services["a"];
    assert_eq!(a.ports.len(), 1);
    assert_eq!(a.build, None);
    assert!(read.model.services.contains_key("b"));
}

#[test]
fn files_that_include_or_extend_each_other_have_an_end() {
    let files = [
        (
            "compose.yml",
            "include: [other.yml]\nservices: {a: {extends: {file: other.yml, service: b}}}\n",
        ),
        (
            "other.yml",
            "include: [compose.yml]\nservices: {b: {extends: {file: compose.yml, service: a}}, c: {extends: c}}\n",
        ),
    ];
    let (_folder, read) = read(&files, &["compose.yml"]);
    assert!(read.unwrap().model.services.contains_key("a"));
}

#[test]
fn what_is_included_and_is_not_there_is_left_out() {
    let (_folder, read) = read(
        &[(
            "compose.yml",
            "include: [no.yml]\nservices: {a: {image: x}}\n",
        )],
        &["compose.yml"],
    );
    assert_eq!(read.unwrap().model.services.len(), 1);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z0-9:\\- \n\\[\\]{}&*<|>'\"#!?,$./]{0,120}") {
        let _ = read(&[("compose.yml", &text)], &["compose.yml"]);
    }

    #[test]
    fn no_service_makes_it_panic(
        key in "ports|volumes|environment|command|build|networks|extends|configs|deploy|env_file",
        value in "[a-z0-9:\\- \\[\\]{}'\"$./=é]{0,40}",
    ) {
        let text = format!("services:\n  a:\n    {key}: {value}\n  b:\n    {key}: [{value:?}]\n");
        let _ = read(&[("compose.yml", &text)], &["compose.yml"]);
    }
}
