//! Panels whose values are states, as rows of bands with the states' names.

use super::run_time::RunTime;
use super::time_text::duration;
use alertdrill_core::dashboard::{PanelHistory, PanelState, Sampling, SeriesHistory};

/// A series of states over time.
pub(super) struct StateRow {
    /// The panel, and the series if it has several.
    pub(super) name: String,
    pub(super) bands: Vec<StateBand>,
}

/// A time in one state.
#[derive(PartialEq)]
pub(super) struct StateBand {
    pub(super) class: &'static str,
    pub(super) name: String,
    /// The seconds of the run's time.
    pub(super) from_s: f64,
    pub(super) until_s: f64,
}

impl StateBand {
    pub(super) fn style(&self) -> String {
        format!("--a:{:.1};--b:{:.1}", self.from_s, self.until_s)
    }

    /// What it is and how long, in words.
    pub(super) fn title(&self) -> String {
        let lasted = duration(self.until_s - self.from_s);
        let began = duration(self.from_s.max(0.0));
        format!("{} for {lasted}, from {began} on", self.name)
    }
}

/// The states that the values of `panel` stand for; none if they are numbers.
///
/// A record of the time before states were kept has none: a panel without a unit whose colours
/// change at 1 and at 2, and whose values are 0, 1 and 2, shows what such panels do.
pub(super) fn states_of(panel: &PanelHistory) -> Vec<PanelState> {
    let mut values = panel.series.iter().flat_map(|series| &series.values);
    let is_usual = panel.unit.is_none()
        && panel.thresholds == [1.0, 2.0]
        && values.all(|value| value.is_none_or(|value| [0.0, 1.0, 2.0].contains(&value)));
    if !panel.states.is_empty() || !is_usual {
        return panel.states.clone();
    }
    let usual = [
        (0.0, "OK", "green"),
        (1.0, "warning", "orange"),
        (2.0, "critical", "red"),
    ];
    let state = |(value, name, colour): (f64, &str, &str)| PanelState {
        value,
        name: name.to_owned(),
        colour: colour.to_owned(),
    };
    usual.map(state).to_vec()
}

/// The rows of `panel`, whose values stand for `states`.
pub(super) fn state_rows(
    panel: &PanelHistory,
    states: &[PanelState],
    step: Sampling,
    time: RunTime,
) -> Vec<StateRow> {
    let row = |series: &SeriesHistory| {
        let name = if panel.series.len() < 2 || series.name.is_empty() {
            panel.title.clone()
        } else {
            format!("{}: {}", panel.title, series.name)
        };
        StateRow {
            name,
            bands: bands(series, states, step, time),
        }
    };
    panel.series.iter().map(row).collect()
}

fn bands(
    series: &SeriesHistory,
    states: &[PanelState],
    step: Sampling,
    time: RunTime,
) -> Vec<StateBand> {
    let every_s = step.every.as_secs_f64();
    let mut bands: Vec<StateBand> = Vec::new();
    for (number, value) in series.values.iter().enumerate() {
        let from_s = time.second(step.at(number));
        let until_s = (from_s + every_s).min(time.until_s);
        if until_s <= 0.0 || from_s >= time.until_s {
            continue;
        }
        let Some(value) = *value else {
            continue;
        };
        let state = states.iter().find(|state| {
            // Values that stand for states are small whole numbers.
            (state.value - value).abs() < 0.5
        });
        let (class, name) = state.map_or_else(
            || ("other", value.to_string()),
            |state| (class(&state.colour), state.name.clone()),
        );
        match bands.last_mut() {
            Some(last) if last.name == name && from_s - last.until_s < every_s / 2.0 => {
                last.until_s = until_s;
            }
            _ => bands.push(StateBand {
                class,
                name,
                from_s,
                until_s,
            }),
        }
    }
    bands
}

/// `rows` without those that say again what a row of the same name says: a dashboard shows the same
/// state as a number and over time.
pub(super) fn said_once(rows: Vec<StateRow>) -> Vec<StateRow> {
    let mut once: Vec<StateRow> = Vec::new();
    for row in rows {
        let is_said = |other: &StateRow| {
            let series = row.name.rsplit(": ").next();
            series == Some(other.name.as_str()) && other.bands == row.bands
        };
        if !once.iter().any(is_said) {
            once.push(row);
        }
    }
    once
}

/// A state's name in the style sheet, by Grafana's name of its colour.
fn class(colour: &str) -> &'static str {
    let is = |part: &str| colour.contains(part);
    if is("green") {
        "ok"
    } else if is("orange") || is("yellow") {
        "warning"
    } else if is("red") {
        "critical"
    } else {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::examples::{at, example_report};
    use alertdrill_core::Labels;
    use alertdrill_core::dashboard::Concerns;

    fn panel(values: &[Option<f64>], states: Vec<PanelState>) -> PanelHistory {
        PanelHistory {
            title: "Feed".to_owned(),
            unit: None,
            thresholds: vec![1.0, 2.0],
            states,
            series: vec![SeriesHistory {
                query: 0,
                name: "Feed".to_owned(),
                labels: Labels::new(),
                concerns: Concerns::Nothing,
                values: values.to_vec(),
            }],
        }
    }

    fn shown(panel: &PanelHistory) -> Vec<String> {
        let step = Sampling {
            // That is when the run's first fault comes.
            from: at(10.0),
            every: Duration::from_secs(10),
        };
        let time = RunTime::of(&example_report("okx"));
        let rows = state_rows(panel, &states_of(panel), step, time);
        let bands = rows.iter().flat_map(|row| &row.bands);
        bands
            .map(|band| format!("{} {}", band.class, band.title()))
            .collect()
    }

    #[test]
    fn states_are_bands_with_their_names_and_a_gap_is_no_state() {
        let states = [("up", 1.0, "green"), ("down", 0.0, "dark-red")];
        let states = states.map(|(name, value, colour)| PanelState {
            value,
            name: name.to_owned(),
            colour: colour.to_owned(),
        });
        let values = [Some(1.0), Some(1.0), Some(0.0), None, Some(0.0), Some(7.0)];
        assert_eq!(
            shown(&panel(&values, states.to_vec())),
            [
                "ok up for 20 s, from 0 s on",
                "critical down for 10 s, from 20 s on",
                "critical down for 10 s, from 40 s on",
                "other 7 for 10 s, from 50 s on",
            ]
        );
    }

    #[test]
    fn state_that_two_panels_show_is_one_row() {
        let row = |name: &str, until_s| StateRow {
            name: name.to_owned(),
            bands: vec![StateBand {
                class: "ok",
                name: "up".to_owned(),
                from_s: 0.0,
                until_s,
            }],
        };
        let rows = vec![
            row("Feed", 1.0),
            row("Stages: Feed", 1.0),
            row("Old: Feed", 2.0),
        ];
        let names: Vec<_> = said_once(rows).into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["Feed", "Old: Feed"]);
    }

    #[test]
    fn record_without_names_of_states_has_those_that_its_thresholds_tell() {
        let of_states = panel(&[Some(0.0), Some(2.0)], vec![]);
        assert_eq!(
            shown(&of_states)[1],
            "critical critical for 10 s, from 10 s on"
        );
        assert_eq!(states_of(&panel(&[Some(5.0)], vec![])), []);
    }
}
