//! The time since a fault as a bar: the present, the window in which an alert may fire, and the
//! deadline that its owner promises.

/// The time since a fault, with the window and the deadline of an alert. Instants are seconds after
/// the fault.
///
/// `●` is now, `=` the window, `!` the deadline: `[-----●--=====----------!]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowBar {
    /// Now.
    pub now_s: f64,
    /// The earliest and the latest time at which the alert may fire; `None` if it must stay silent.
    pub window_s: Option<[f64; 2]>,
    /// The deadline; for an alert that must stay silent, the end of the wait.
    pub deadline_s: f64,
}

impl WindowBar {
    /// How many characters a bar has beside those between its ends.
    pub(crate) const ENDS: usize = 2;

    /// One bar for several alerts: from the first window's opening to the last deadline.
    #[must_use]
    pub fn of_all(bars: impl IntoIterator<Item = Self>) -> Option<Self> {
        bars.into_iter().reduce(|one, other| Self {
            now_s: one.now_s.max(other.now_s),
            window_s: match (one.window_s, other.window_s) {
                (Some([from, until]), Some([other_from, other_until])) => {
                    Some([from.min(other_from), until.max(other_until)])
                }
                (one, other) => one.or(other),
            },
            deadline_s: one.deadline_s.max(other.deadline_s),
        })
    }

    /// The bar with `width` characters between its ends.
    #[must_use]
    pub fn drawn(&self, width: usize) -> String {
        let window = self
            .window_s
            .map(|ends| ends.map(|end| self.cell(end, width)));
        let (now, deadline) = (
            self.cell(self.now_s, width),
            self.cell(self.deadline_s, width),
        );
        let is_in_window =
            |cell| window.is_some_and(|[from, until]| (from..=until).contains(&cell));
        let cells = (0..width).map(|cell| match cell {
            cell if cell == now => '●',
            cell if cell == deadline => '!',
            cell if is_in_window(cell) => '=',
            _ => '-',
        });
        format!("[{}]", cells.collect::<String>())
    }

    /// The character that stands for an instant: the nearest one on a continuous scale.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "it is between 0 and the width"
    )]
    fn cell(&self, second: f64, width: usize) -> usize {
        let latest_s = self.window_s.map_or(0.0, |[_, latest_s]| latest_s);
        let ends_s = latest_s.max(self.deadline_s).max(self.now_s).max(1.0);
        let last = width.saturating_sub(1) as f64;
        ((second / ends_s).clamp(0.0, 1.0) * last).round() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(now_s: f64) -> WindowBar {
        WindowBar {
            now_s,
            window_s: Some([60.0, 85.0]),
            deadline_s: 120.0,
        }
    }

    #[test]
    fn now_moves_through_the_window_to_the_deadline_and_beyond_it() {
        let bars: Vec<_> = [0.0, 45.0, 72.0, 120.0, 240.0]
            .map(|now_s| bar(now_s).drawn(24))
            .into();
        insta::assert_snapshot!(bars.join("\n"), @r"
        [●-----------=====------!]
        [---------●--=====------!]
        [------------==●==------!]
        [------------=====------●]
        [------===---!----------●]
        ");
    }

    #[test]
    fn window_of_no_length_is_still_seen_and_a_deadline_may_lie_inside_of_one() {
        let short = WindowBar {
            now_s: 10.0,
            window_s: Some([60.0, 60.0]),
            deadline_s: 120.0,
        };
        let tight = WindowBar {
            now_s: 10.0,
            window_s: Some([60.0, 120.0]),
            deadline_s: 90.0,
        };
        insta::assert_snapshot!(format!("{}\n{}", short.drawn(24), tight.drawn(24)), @r"
        [--●---------=----------!]
        [--●---------=====!======]
        ");
    }

    #[test]
    fn alert_that_must_stay_silent_has_no_window() {
        let bar = WindowBar {
            now_s: 10.0,
            window_s: None,
            deadline_s: 40.0,
        };
        assert_eq!(bar.drawn(24), "[------●----------------!]");
    }

    #[test]
    fn bar_of_several_alerts_spans_all_of_their_windows() {
        let other = WindowBar {
            now_s: 45.0,
            window_s: Some([10.0, 20.0]),
            deadline_s: 30.0,
        };
        let all = WindowBar {
            window_s: Some([10.0, 85.0]),
            ..bar(45.0)
        };
        assert_eq!(WindowBar::of_all([bar(45.0), other]), Some(all));
        assert_eq!(WindowBar::of_all([]), None);
    }

    #[test]
    fn every_bar_is_as_wide_as_it_was_asked_for() {
        let bars = [
            bar(-1.0),
            bar(f64::INFINITY),
            WindowBar {
                now_s: 0.0,
                window_s: None,
                deadline_s: 0.0,
            },
        ];
        for bar in bars {
            for width in [0, 1, 12, 24] {
                assert_eq!(
                    bar.drawn(width).chars().count(),
                    width + WindowBar::ENDS,
                    "{bar:?}"
                );
            }
        }
    }
}
