//! A run without a stack: which drill would go when, and on which lane, if each took a given time.
//!
//! The same order and the same leases as in a run, so it tells how long that takes; what no file
//! tells (how long steady state is waited for, whether an offload run is in progress) it takes to
//! cost nothing.

use std::time::Duration;

use super::turn::{InLine, LineState, excludes};
use super::{Holdings, Place, holdings_of, places};
use crate::{Drill, Error, LeaseMode, Result, Routing, Settings, UtcInstant};

/// A drill, and how long it takes.
#[derive(Clone, Debug)]
pub struct Part {
    /// The drill.
    pub drill: Drill,
    /// How long it estimates that it takes: what the line goes by.
    pub estimate: Duration,
    /// When it gives back what it has mended.
    pub mended_after: Duration,
    /// When it has ended.
    pub lasts: Duration,
}

/// When a drill would run, counted from the first one's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The drill's name.
    pub drill: String,
    /// The lane that it would take, if it needs one.
    pub lane: Option<String>,
    /// When it would start.
    pub from: Duration,
    /// When it would end.
    pub until: Duration,
}

/// When each of `parts` would run, in the order of their starts.
///
/// # Errors
/// [`Error::BadDescription`] of a drill that needs what the stack does not have, breaks what it
/// holds no lease on, or could never go.
pub fn simulate(parts: &[Part], settings: &Settings, routing: &Routing) -> Result<Vec<Slot>> {
    let waiting = parts
        .iter()
        .map(|part| Ok((part, places(&part.drill, settings)?)))
        .collect::<Result<_>>()?;
    let mut stage = Stage {
        settings,
        routing,
        now: Duration::ZERO,
        waiting,
        running: Vec::new(),
        rested: Vec::new(),
    };
    let mut slots = Vec::new();
    loop {
        while let Some(slot) = stage.start_one() {
            slots.push(slot);
        }
        if !stage.go_on() {
            break;
        }
    }
    match stage.waiting.first() {
        Some((stuck, _)) => {
            let reason = "it could never go: the leases that it needs hinder each other".to_owned();
            Err(Error::BadDescription {
                what: format!("the drill {}", stuck.drill.name),
                reason,
            })
        }
        None => Ok(slots),
    }
}

struct Stage<'a> {
    settings: &'a Settings,
    routing: &'a Routing,
    now: Duration,
    waiting: Vec<(&'a Part, Vec<Place>)>,
    running: Vec<Running<'a>>,
    /// The lanes that were used, the one that was left longest ago first.
    rested: Vec<String>,
}

struct Running<'a> {
    part: &'a Part,
    place: Place,
    holds: Holdings,
    from: Duration,
}

impl Stage<'_> {
    /// Starts a drill that may go now.
    fn start_one(&mut self) -> Option<Slot> {
        let run: Vec<_> = self.running.iter().map(Running::in_line).collect();
        let wait: Vec<_> = self
            .waiting
            .iter()
            .map(|(part, places)| self.in_line(part, places))
            .collect();
        let now = at(self.now);
        let (number, place) = (0..wait.len()).find_map(|number| {
            let others: Vec<_> = wait
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number)
                .map(|(_, other)| other)
                .collect();
            let is_next = wait
                .get(number)?
                .is_next(&others, &run.iter().collect::<Vec<_>>(), now);
            is_next
                .then(|| self.free_place(&self.waiting.get(number)?.1))
                .flatten()
                .map(|place| (number, place.clone()))
        })?;
        let (part, _) = self.waiting.remove(number);
        let slot = Slot {
            drill: part.drill.name.clone(),
            lane: place.lane.clone(),
            from: self.now,
            until: self.now + part.lasts,
        };
        self.running.push(Running {
            part,
            holds: place.holdings.clone(),
            place,
            from: self.now,
        });
        Some(slot)
    }

    /// Moves on to when the next drill gives something back; false if none will.
    fn go_on(&mut self) -> bool {
        let next = self
            .running
            .iter()
            .flat_map(|running| [running.mended_at(), running.ends_at()])
            .filter(|at| *at > self.now)
            .min();
        let Some(next) = next else { return false };
        self.now = next;
        for running in &mut self.running {
            if running.mended_at() <= next
                && running.gives_back(self.settings)
                && let Some(lane) = &running.place.lane
            {
                self.rested.retain(|other| other != lane);
                self.rested.push(lane.clone());
            }
        }
        self.running.retain(|running| running.ends_at() > next);
        true
    }

    fn in_line(&self, part: &Part, places: &[Place]) -> InLine {
        let is_aside = !places.iter().any(|place| self.has_room_for(place));
        InLine {
            drill: part.drill.name.clone(),
            duration: part.estimate,
            wants: holdings_of(&part.drill, self.settings),
            state: if is_aside {
                LineState::Aside
            } else {
                LineState::Ready
            },
        }
    }

    /// As the drills of a run, two that answer for alerts of one group do not run at once.
    fn has_room_for(&self, place: &Place) -> bool {
        let claims = place.drill.claims();
        let mut running = self
            .running
            .iter()
            .map(|running| running.place.drill.claims());
        !running.any(|theirs| self.routing.share_a_group(&claims, &theirs))
    }

    fn free_place<'b>(&self, places: &'b [Place]) -> Option<&'b Place> {
        let is_free = |place: &&Place| {
            let mut running = self.running.iter();
            !running.any(|running| excludes(&place.holdings, &running.holds))
        };
        let rested = |place: &&Place| {
            place
                .lane
                .as_ref()
                .and_then(|lane| self.rested.iter().position(|other| other == lane))
        };
        places
            .iter()
            .filter(|place| self.has_room_for(place))
            .filter(is_free)
            .min_by_key(rested)
    }
}

impl Running<'_> {
    fn in_line(&self) -> InLine {
        InLine {
            drill: self.part.drill.name.clone(),
            duration: self.part.estimate,
            wants: self.holds.clone(),
            state: LineState::Running {
                ends_by: at(self.from + self.part.estimate),
            },
        }
    }

    fn mended_at(&self) -> Duration {
        self.from + self.part.mended_after
    }

    fn ends_at(&self) -> Duration {
        self.from + self.part.lasts
    }

    /// As in a run: what was disturbed goes back, and what watches is shared. Whether anything was.
    fn gives_back(&mut self, settings: &Settings) -> bool {
        if !self.part.drill.is_to_fire() && self.place.lane.is_none() {
            return false;
        }
        for (name, mode) in &mut self.holds {
            if settings.watched_by.contains(name) {
                *mode = LeaseMode::Shared;
            }
        }
        let held = self.holds.len();
        self.holds.retain(|_, mode| *mode == LeaseMode::Shared);
        self.holds.len() < held
    }
}

/// The line counts in instants; which one is the first does not matter.
fn at(since_start: Duration) -> UtcInstant {
    UtcInstant::from(jiff::Timestamp::UNIX_EPOCH).plus(since_start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ExpectedAlert, Fault};

    fn part(drill: Drill, mended_after_s: u64, lasts_s: u64) -> Part {
        let [mended_after, lasts] = [mended_after_s, lasts_s].map(Duration::from_secs);
        Part {
            drill,
            estimate: lasts,
            mended_after,
            lasts,
        }
    }

    fn on_lane(name: &str, mended_after_s: u64, lasts_s: u64) -> Part {
        let alert = ExpectedAlert::new(name, "critical", Duration::from_secs(1));
        part(
            Drill::new(name, Fault::stop("handler-{lane}")).expect_alert(alert),
            mended_after_s,
            lasts_s,
        )
    }

    fn routing() -> Routing {
        Routing {
            group_by: ["alertname".to_owned()].into(),
            ..Routing::default()
        }
    }

    fn simulated(parts: &[Part]) -> Vec<(String, Option<String>, u64, u64)> {
        let slots = simulate(parts, &Settings::example(), &routing()).unwrap();
        slots
            .into_iter()
            .map(|slot| {
                (
                    slot.drill,
                    slot.lane,
                    slot.from.as_secs(),
                    slot.until.as_secs(),
                )
            })
            .collect()
    }

    fn slot(
        drill: &str,
        lane: Option<&str>,
        from_s: u64,
        until_s: u64,
    ) -> (String, Option<String>, u64, u64) {
        (drill.to_owned(), lane.map(str::to_owned), from_s, until_s)
    }

    #[test]
    fn third_drill_on_two_lanes_goes_when_the_first_lane_is_mended_and_not_when_its_drill_ends() {
        let slots = simulated(&[
            on_lane("short", 10, 30),
            on_lane("long", 50, 100),
            on_lane("longer", 60, 200),
        ]);
        let (longer, long) = (
            slot("longer", Some("binance"), 0, 200),
            slot("long", Some("okx"), 0, 100),
        );
        assert_eq!(slots, [longer, long, slot("short", Some("okx"), 50, 80)]);
    }

    #[test]
    fn drill_that_keeps_others_out_goes_first_and_alone() {
        let broker = part(Drill::new("broker", Fault::restart("kafka")), 10, 20);
        let slots = simulated(&[on_lane("lane", 10, 30), broker]);
        assert_eq!(
            slots,
            [
                slot("broker", None, 0, 20),
                slot("lane", Some("binance"), 20, 50)
            ]
        );
    }

    #[test]
    fn drills_that_answer_for_the_same_alert_wait_for_each_others_end() {
        let slots = simulated(&[
            on_lane("a", 10, 30),
            Part {
                estimate: Duration::from_secs(1),
                ..on_lane("a", 10, 40)
            },
        ]);
        assert_eq!(slots.iter().map(|slot| slot.2).collect::<Vec<_>>(), [0, 30]);
    }

    proptest::proptest! {
        #[test]
        fn each_drill_runs_once_no_lane_has_two_before_it_is_mended_and_all_take_no_longer_than_one_after_the_other(
            plan in proptest::collection::vec((0..5_usize, 1..50_u64, 0..50_u64), 1..12)
        ) {
            let disturbed = ["lane", "kafka", "minio", "prometheus", "sink"];
            let parts: Vec<_> = plan.iter().enumerate().map(|(number, (on, mended_after_s, more_s))| {
                let fault = if *on == 0 { "handler-{lane}" } else { disturbed[*on] };
                let alert = ExpectedAlert::new(format!("alert-{number}"), "critical", Duration::from_secs(1));
                let drill = Drill::new(format!("drill-{number}"), Fault::stop(fault));
                part(drill.expect_alert(alert), *mended_after_s, mended_after_s + more_s)
            }).collect();
            let slots = simulate(&parts, &Settings::example(), &routing()).unwrap();
            let lasts = |slot: &Slot| parts.iter().find(|part| part.drill.name == slot.drill).unwrap();
            let names: std::collections::BTreeSet<_> = slots.iter().map(|slot| &slot.drill).collect();
            proptest::prop_assert_eq!((names.len(), slots.len()), (parts.len(), parts.len()));
            for (number, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.lane.is_some()) {
                let mended_at = slot.from + lasts(slot).mended_after;
                let next = slots[number + 1..].iter().find(|next| next.lane == slot.lane);
                proptest::prop_assert!(next.is_none_or(|next| next.from >= mended_at));
            }
            let end = slots.iter().map(|slot| slot.until).max().unwrap();
            proptest::prop_assert!(end <= parts.iter().map(|part| part.lasts).sum::<Duration>());
        }
    }
}
