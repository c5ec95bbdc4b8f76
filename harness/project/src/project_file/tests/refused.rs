//! What is said of a file whose keys or values are wrong.

use std::path::Path;

use insta::assert_snapshot;

use crate::project_file::parse_project_file;

/// What is said of `text`; what it gives, if it is not refused.
pub(super) fn refused(text: &str) -> String {
    match parse_project_file(Path::new("alertdrill.yml"), text) {
        Ok(file) => format!("{:?}", file.plan),
        Err(error) => error.explained(),
    }
}

#[test]
fn unknown_key_is_refused_with_its_nearest_name() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fire: {alert: ApiDown, within: 2m}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:4:5: unknown key `fire`
      4 |     fire: {alert: ApiDown, within: 2m}
        |     ^^^^
      help: the nearest is `fires`; the keys here are afterwards, break, disturbs, fires, moment, name, needs, once_pending, silent, tolerate
    ");
}

#[test]
fn unknown_key_of_the_file_is_refused_with_its_nearest_name() {
    let text = "\
drills: []
waiver: []
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:2:1: unknown key `waiver`
      2 | waiver: []
        | ^^^^^^
      help: the nearest is `waivers`
    ");
}

#[test]
fn unknown_fault_is_refused_with_its_nearest_name() {
    let text = "\
drills:
  - name: api_stopped
    break: {stpo: api}
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:13: unknown key `stpo`
      3 |     break: {stpo: api}
        |             ^^^^
      help: the nearest is `stop`; the keys here are cut_off, displace_consumer, fill_volume, flap, keep_restarting, kill, oom_kill, pause, poison, restart, run, slow, stop, switch
    ");
}

#[test]
fn alert_without_a_deadline_is_refused_where_it_stands() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:4:12: `ApiDown` has no deadline
      4 |     fires: {alert: ApiDown}
        |            ^
      help: write `within: 2m`, or what its owner promises: the longest time from the fault to firing
    ");
}

#[test]
fn missing_key_is_named() {
    let text = "waivers: [{rule: ApiDown}]
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:1:12: the key `reason` is missing here
      1 | waivers: [{rule: ApiDown}]
        |            ^^^^
      help: write `reason: …`
    ");
}

#[test]
fn text_that_is_no_duration_is_refused_with_an_example() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown, within: 2 minutes}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:4:37: `2 minutes` is no duration
      4 |     fires: {alert: ApiDown, within: 2 minutes}
        |                                     ^^^^^^^^^
      help: write it with its units: `30s`, `2m`, `1m30s`
    ");
}

#[test]
fn number_without_a_unit_is_refused_as_a_duration() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown, within: 120}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:4:37: `120` is no duration
      4 |     fires: {alert: ApiDown, within: 120}
        |                                     ^^^
      help: is it `120s`? A duration has its unit
    ");
}

#[test]
fn two_drills_of_one_name_are_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    silent: ApiDown
  - name: api_stopped
    break: {stop: api}
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:5:11: a drill of the name `api_stopped` stands in line 2 already
      5 |   - name: api_stopped
        |           ^^^^^^^^^^^
      help: give one of them another name: it names the test and the files of its records
    ");
}

#[test]
fn name_that_is_no_snake_case_is_refused() {
    let text = "\
drills:
  - name: API stopped
    break: {stop: api}
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:2:11: `API stopped` is no name of a drill
      2 |   - name: API stopped
        |           ^^^^^^^^^^^
      help: write it in lower-case letters, digits and underscores: `api_stopped`
    ");
}

#[test]
fn every_wrong_drill_is_told_of() {
    let text = "\
drills:
  - name: api_stopped
    break: {}
    silent: ApiDown
  - {name: b, break: {stop: api}}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:12: here is nothing to break
      3 |     break: {}
        |            ^
      help: write a verb and a service: `break: {stop: api}`
    alertdrill.yml:5:5: the drill `b` says nothing of any alert
      5 |   - {name: b, break: {stop: api}}
        |     ^
      help: write which alert it `fires`, or which stays `silent`
    ");
}

#[test]
fn drill_that_says_nothing_of_any_alert_is_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:2:5: the drill `api_stopped` says nothing of any alert
      2 |   - name: api_stopped
        |     ^
      help: write which alert it `fires`, or which stays `silent`
    ");
}

#[test]
fn drill_that_breaks_nothing_is_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: []
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:2:5: the drill `api_stopped` breaks nothing
      2 |   - name: api_stopped
        |     ^
      help: write what it breaks: `break: {stop: api}`
    ");
}

#[test]
fn two_faults_in_one_map_are_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api, kill: db}
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:12: several faults stand in one map
      3 |     break: {stop: api, kill: db}
        |            ^
      help: write a list, whose order counts: `break: [{stop: a}, {stop: b}]`
    ");
}

#[test]
fn key_that_stands_twice_is_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api, stop: db}
    silent: ApiDown
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:3:24: the key `stop` stands here a second time
      3 |     break: {stop: api, stop: db}
        |                        ^^^^
      help: keep one of the two
    ");
}

#[test]
fn severity_among_the_labels_is_refused_with_its_right_place() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown, labels: {severity: critical}, within: 1m}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:4:48: the severity stands among the labels
      4 |     fires: {alert: ApiDown, labels: {severity: critical}, within: 1m}
        |                                                ^^^^^^^^
      help: write `severity: critical` beside `labels`
    ");
}

#[test]
fn onset_whose_end_comes_first_is_refused() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: A, within: 1m, onset: {earliest: 9s, latest: 1s}}
";
    assert_snapshot!(refused(text), @r"
    alertdrill.yml:4:65: the latest onset comes before the earliest
      4 |     fires: {alert: A, within: 1m, onset: {earliest: 9s, latest: 1s}}
        |                                                                 ^^
      help: write the shorter time as `earliest`
    ");
}
