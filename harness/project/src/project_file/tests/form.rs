//! What is said of a file whose YAML is wrong, or says something else than it should.

use std::path::Path;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::refused::refused;
use crate::project_file::read_project_file;

#[test]
fn tab_is_refused_with_its_place() {
    let text = "drills:\n\t- name: a\n";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:2:2: tabs disallowed within this context (block indentation)
      2 |  - name: a
        |  ^
      help: mend the YAML
    ");
}

#[test]
fn empty_file_is_refused_with_what_to_write() {
    let text = "# Nothing but a comment.
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:1:1: the file is empty
      1 | # Nothing but a comment.
        | ^
      help: `alertdrill init` proposes drills; `drills: []` says that there are none yet
    ");
}

#[test]
fn file_that_is_no_map_is_refused() {
    let text = "- name: api_stopped
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:1:1: here belongs a map (`key: value`)
      1 | - name: api_stopped
        | ^
      help: docs/alertdrill-yml.md shows each key with an example
    ");
}

#[test]
fn text_where_a_fault_belongs_is_refused_with_an_example() {
    let text = "\
drills:
  - name: api_stopped
    break: api
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r#"
    alertdrill.yml:3:5: here stands the text "api", expected is a verb and a service, as in `{stop: api}`
      3 |     break: api
        |     ^^^^^
      help: docs/alertdrill-yml.md shows each key with an example
    "#);
}

#[test]
fn list_where_a_service_belongs_is_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: [api]}
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:13: here stands a list, expected is a text or a map
      3 |     break: {stop: [api]}
        |             ^^^^
      help: docs/alertdrill-yml.md shows each key with an example
    ");
}

#[test]
fn name_without_a_text_is_refused() {
    let text = "\
drills:
  - name:
    break: {stop: api}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:2:9: here is nothing, where a text belongs
      2 |   - name:
        |         ^
      help: docs/alertdrill-yml.md shows each key with an example
    ");
}

#[test]
fn second_document_is_refused() {
    let text = "\
drills: []
---
drills: []
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:1: a second YAML document begins here
      3 | drills: []
        | ^
      help: leave out the line `---`
    ");
}

#[test]
fn alias_without_an_anchor_is_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: *stopped
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:12: there is no anchor of this name above
      3 |     break: *stopped
        |            ^
      help: an anchor (`&name`) stands before its aliases (`*name`)
    ");
}

#[test]
fn mistake_in_what_an_alias_means_is_shown_where_it_is_written() {
    let text = "\
drills:
  - name: api_stopped
    break: &stopped {stpo: api}
    silent: ApiDown
  - {name: b, break: *stopped, silent: B}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:22: unknown key `stpo`
      3 |     break: &stopped {stpo: api}
        |                      ^^^^
      help: the nearest is `stop`; the keys here are cut_off, displace_consumer, fill_volume, flap, keep_restarting, kill, oom_kill, pause, poison, restart, run, slow, stop, switch
    ");
}

#[test]
fn port_that_is_too_large_is_refused() {
    let text = "prometheus: {service: metrics, port: 90900}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:1:38: this is no port
      1 | prometheus: {service: metrics, port: 90900}
        |                                      ^^^^^
      help: a port is a number up to 65535
    ");
}

#[test]
fn command_without_words_is_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: {run: {service: api, command: [], undo: []}}
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:42: the command has no words
      3 |     break: {run: {service: api, command: [], undo: []}}
        |                                          ^
      help: write a list of words, or a text for `sh -c`
    ");
}

#[test]
fn long_line_is_shown_around_the_place() {
    let text = &format!("runbook: {}: y\n", "x".repeat(150));
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:1:160: mapping values are not allowed in this context
      1 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: y
        |                                                   ^
      help: mend the YAML
    ");
}

#[test]
fn megabyte_of_nested_lists_is_refused() {
    let text = refused(&format!("drills: {}", "[".repeat(1_000_000)));
    assert!(
        text.contains("1:264: lists and maps are nested too deeply here"),
        "{text}"
    );
}

#[test]
fn alias_that_stands_for_more_and_more_is_refused() {
    let tens = (1..9).map(|number| {
        let alias = vec![format!("*a{}", number - 1); 10].join(", ");
        format!(", a{number}: &a{number} [{alias}]")
    });
    let tens = tens.collect::<String>();
    let switch = "service: api, port: 80, path: /, to: {post: 1}";
    let text = format!(
        "drills: [{{name: a, silent: A, break: {{switch: {{{switch}, back: {{a0: &a0 [x]{tens}}}}}}}}}]"
    );
    let text = refused(&text);
    assert!(text.contains("becomes too large here"), "{text}");
}

#[test]
fn file_longer_than_any_list_of_drills_is_refused() {
    let text = refused(&"#".repeat(4 * 1024 * 1024 + 1));
    assert!(text.contains("1:1: the file is longer than"), "{text}");
}

#[test]
fn file_that_is_no_text_is_refused_with_the_place_of_its_first_wrong_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alertdrill.yml");
    std::fs::write(&path, b"drills: []\nrunbook: a\xff\n").unwrap();
    let error = read_project_file(&path).unwrap_err().explained();
    let error = error.replace(&folder.path().display().to_string(), "shop");
    assert_snapshot!(error, @r"
    shop/alertdrill.yml:2:11: from here on it is no text in UTF-8
      2 | runbook: a�
        |           ^
      help: save the file as UTF-8
    ");
}

#[test]
fn file_that_is_not_there_is_an_error_that_names_it() {
    let error = read_project_file(Path::new("missing/alertdrill.yml")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("failed to open missing/alertdrill.yml"),
        "{error}"
    );
}

/// Pieces that a file is made of, in no order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "drills", "break", "fires", "silent", "name", "stop", "alert", "within", "{", "}", "[",
        "]", ": ", ", ", "- ", "\n", "\n  ", "\n    ", "&a ", "*a", "<<", "2m", "api", "'", "\"",
        "|", ">", "#", "!t ", "~", "---", "ä", "\u{feff}", "\t", "true", "1e999",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alertdrill.yml");
        std::fs::write(&path, &bytes).unwrap();
        let _ = read_project_file(&path).map_err(|error| error.explained());
    }

    #[test]
    fn no_order_of_a_files_pieces_makes_the_reader_panic(text in pieces()) {
        let _ = refused(&text);
    }
}
