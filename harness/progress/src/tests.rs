use indicatif::{InMemoryTerm, MultiProgress, ProgressDrawTarget};

use super::*;

/// A progress on a terminal of 94 columns, and that terminal.
fn on_a_terminal() -> (Progress, InMemoryTerm) {
    let term = InMemoryTerm::new(10, 94);
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::term_like_with_hz(
        Box::new(term.clone()),
        200,
    ));
    let size = || Size {
        lines: 10,
        columns: 94,
    };
    (Progress::on(Some(Terminal::new(bars, size))), term)
}

/// What stands on it.
fn seen(term: &InMemoryTerm) -> String {
    // Longer than a drawing's interval.
    std::thread::sleep(Duration::from_millis(400));
    term.contents()
}

#[test]
fn board_is_drawn_at_the_foot_and_what_was_printed_stays_above_it() {
    let (progress, term) = on_a_terminal();
    progress.will_run(["target_lost", "mv_delayed"].map(ToOwned::to_owned));
    let line = progress.begin("target_lost", None, "container-exporter stopped");
    progress.step("target_lost", "breaking").done("done");
    progress.line("a line");
    let drawn = seen(&term);
    let lines: Vec<_> = drawn.lines().collect();
    assert!(lines[1].starts_with("running   0:0"), "{drawn}");
    assert!(lines[1].ends_with("target_lost  breaking: done"), "{drawn}");
    let (printed, foot) = (lines[0], &lines[2..]);
    assert_eq!(printed, "a line");
    let wanted = [
        "waiting  mv_delayed",
        "2 drills: 0 passed, 0 failed, 1 running, 1 waiting",
    ];
    assert_eq!(foot, wanted);
    drop(line);
    progress.ended("target_lost", Outcome::Pass, "target_lost: pass");
    progress.never_judged("mv_delayed");
    assert_eq!(seen(&term), "a line\ntarget_lost: pass");
}

#[test]
fn text_of_others_stays_on_its_line() {
    let (progress, term) = on_a_terminal();
    let _line = progress.begin("x", None, "okx: \u{1b}[2J\nstopped");
    progress.step("x", "checking").update("12\r\nlost\u{7}");
    let seen = seen(&term);
    assert!(seen.contains("checking: 12 lost"), "{seen}");
    assert_eq!(seen.lines().count(), 1);
}
