use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Node {
    parse(text).unwrap().remove(0)
}

#[test]
fn each_value_knows_its_line_and_column() {
    let node = one("a:\n  - b: 'x'\n    c: 2\n");
    let item = &node.get("a").unwrap().items()[0];
    assert_eq!(item.get("c").unwrap().place, Place { line: 3, column: 8 });
    assert_eq!(item.place_of_key("c"), Some(Place { line: 3, column: 5 }));
    assert_eq!(item.text_at(&["b"]), Some("x"));
}

#[test]
fn aliases_are_followed_and_merge_keys_give_way_to_what_the_map_says_itself() {
    let node = one("base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\nsame: *b\n");
    assert_eq!(node.text_at(&["mine", "x"]), Some("1"));
    assert_eq!(node.text_at(&["mine", "y"]), Some("3"));
    assert_eq!(node.text_at(&["same", "y"]), Some("2"));
}

#[test]
fn place_of_a_part_is_found_in_plain_quoted_literal_and_folded_texts() {
    for (source, line, column) in [
        ("expr: rate(a[5m]) > b_total\n", 1, 21),
        ("expr: 'rate(a[5m]) > b_total'\n", 1, 22),
        ("expr: |\n  rate(a[5m])\n    > b_total\n", 3, 7),
        ("expr: >-  # folded\n  rate(a[5m])\n\n  > b_total\n", 4, 5),
        ("expr: rate(a[5m])\n  > b_total\n", 2, 5),
    ] {
        let node = one(source);
        let expression = node.get("expr").unwrap();
        let offset = expression.text().unwrap().find("b_total").unwrap();
        let found = expression.place_in(source, offset);
        assert_eq!(found, Place { line, column }, "{source}");
    }
}

#[test]
fn text_that_is_no_yaml_is_refused_with_the_line() {
    let refused = parse("a: 1\nb: [1,\nc: }\n").unwrap_err();
    assert!(refused.place.line >= 2, "{refused:?}");
}

#[test]
fn few_lines_that_mean_billions_are_refused() {
    let first = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let more = (1..12).map(|number| {
        let ten = vec![format!("*a{}", number - 1); 10].join(", ");
        format!("a{number}: &a{number} [{ten}]\n")
    });
    let text: String = Some(first).into_iter().chain(more).collect();
    assert!(parse(&text).unwrap_err().reason.contains("aliases"));
    assert!(parse(&"[".repeat(1_000)).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z:\\- \n\\[\\]{}&*<|>'\"#!?,]{0,80}") {
        if let Ok(documents) = parse(&text) {
            for document in documents {
                for (_, value) in document.entries() {
                    let _ = value.place_in(&text, 3);
                }
            }
        }
    }
}
