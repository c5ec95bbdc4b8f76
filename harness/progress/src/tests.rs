use indicatif::{InMemoryTerm, MultiProgress, ProgressDrawTarget};

use super::*;

/// A progress on a terminal of 94 columns, and that terminal.
fn on_a_terminal() -> (Progress, InMemoryTerm) {
    let term = InMemoryTerm::new(10, 94);
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::term_like_with_hz(
        Box::new(term.clone()),
        200,
    ));
    (Progress::on(Some(bars)), term)
}

/// What stands on it, without the spinners, which turn, and the time that has passed.
fn seen(term: &InMemoryTerm) -> String {
    // Longer than a drawing's interval.
    std::thread::sleep(Duration::from_millis(400));
    let contents = term.contents();
    let lines = contents.lines().map(|line| match line.chars().next() {
        Some('\u{2800}'..='\u{28ff}') => line.chars().skip("| 12s ".len() + 1).collect(),
        _ => line.to_owned(),
    });
    lines
        .map(|line: String| line.trim_end().to_owned() + "\n")
        .collect()
}

const BAR: WindowBar = WindowBar {
    now_s: 45.0,
    window_s: Some([60.0, 85.0]),
    deadline_s: 120.0,
};

#[test]
fn terminal_shows_each_running_drill_on_a_line_and_all_that_wait_on_one() {
    let (progress, term) = on_a_terminal();
    let queued =
        ["mv_delayed", "target_lost"].map(|drill| progress.queue(drill, "waiting for its leases"));
    let _lines = [
        progress.line_of("api_stopped", "okx: stopped"),
        progress.line_of("offload_failing", "minio stopped"),
    ];
    let steady = progress.step("offload_failing", "waiting for steady state");
    steady.update("awaited: the offload keeps up");
    let breaking = progress.step("api_stopped", "breaking: api-okx stopped");
    breaking.done("done");
    let waiting = progress.step("api_stopped", "waiting for its alerts");
    waiting.update_in(BAR, "+45 s: ApiDown is pending");
    insta::assert_snapshot!(seen(&term), @r"
    [---------●--=====------!] api_stopped (okx: stopped): waiting for its alerts: +45 s: A
                               offload_failing (minio stopped): waiting for steady state: a
                               2 wait for their leases: mv_delayed, target_lost
    ");
    drop(queued);
    insta::assert_snapshot!(seen(&term), @r"
    [---------●--=====------!] api_stopped (okx: stopped): waiting for its alerts: +45 s: A
                               offload_failing (minio stopped): waiting for steady state: a
    ");
}

#[test]
fn line_of_a_drill_is_gone_with_it_and_what_was_printed_stays() {
    let (progress, term) = on_a_terminal();
    let line = progress.line_of("target_lost", "container-exporter stopped");
    progress.step("target_lost", "breaking").done("done");
    progress.line("target_lost: pass");
    drop(line);
    assert_eq!(seen(&term), "target_lost: pass\n");
}

#[test]
fn text_of_others_stays_on_its_line() {
    let (progress, term) = on_a_terminal();
    let _line = progress.line_of("x", "okx: \u{1b}[2J\nstopped");
    progress.step("x", "checking").update("12\r\nlost\u{7}");
    assert_eq!(seen(&term).trim(), "x (okx: stopped): checking: 12 lost");
}
