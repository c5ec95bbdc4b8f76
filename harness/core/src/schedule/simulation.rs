//! A run without a stack: which drill would go when, and on which lane, if each took a given time.
//!
//! The order and the leases are those of a run, so the simulation tells how long a run takes. It
//! counts nothing for what no file tells: how long steady state is waited for, or whether an
//! offload run is in progress.
//!
//! A run that is going on can be simulated from where it stands.

use std::time::Duration;

use super::turn::{InLine, LineState, excludes, next_of};
use super::{Holdings, Place, holdings_of, places};
use crate::{Claim, Drill, Error, LeaseMode, Result, Routes, Settings, UtcInstant, share_an_alert};

/// When a drill ends that was expected to have ended.
const AT_ANY_MOMENT: Duration = Duration::from_secs(10);

/// A drill, and how long it takes.
#[derive(Clone, Debug)]
pub struct TimedDrill {
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

/// A drill that runs already.
#[derive(Clone, Debug)]
pub struct Underway {
    /// The drill, and how long it takes in all.
    pub timed: TimedDrill,
    /// The lane that it has, if it needs one.
    pub lane: Option<String>,
    /// How long it has run.
    pub taken: Duration,
}

/// Whether `drill` does not run at once with one that answers for `others`: neither could tell whose
/// alert it is, or its own would be told late for the sake of the other's.
#[must_use]
pub fn hinders(drill: &Drill, others: &[Claim], routes: Option<&Routes>) -> bool {
    share_an_alert(&drill.claims(), others)
        || routes.is_some_and(|routes| routes.told_late_beside(&drill.expect, others))
}

/// When each of `drills` would run, in the order of their starts, if their alerts are told by
/// `routes`.
///
/// # Errors
/// [`Error::BadDescription`] of a drill that needs what the stack does not have, or breaks what it
/// holds no lease on; [`Error::Refused`] of one that could never begin.
pub fn simulate(
    drills: &[TimedDrill],
    settings: &Settings,
    routes: Option<&Routes>,
) -> Result<Vec<Slot>> {
    run_on(&mut Simulation::begun(&[], drills, settings, routes)?)
}

/// How long it takes until the last of the drills `underway`, and of those that are `waiting`, has
/// ended. A drill that takes longer than it should is taken to end at any moment.
///
/// # Errors
/// As [`simulate`].
pub fn time_left(
    underway: &[Underway],
    waiting: &[TimedDrill],
    settings: &Settings,
    routes: Option<&Routes>,
) -> Result<Duration> {
    let mut simulation = Simulation::begun(underway, waiting, settings, routes)?;
    let now = simulation.now;
    let running = simulation.running.iter().map(Running::ends_at);
    let last = running.max().unwrap_or(now);
    let slots = run_on(&mut simulation)?;
    let last = slots
        .iter()
        .map(|slot| slot.until)
        .fold(last, Duration::max);
    Ok(last.saturating_sub(now))
}

fn run_on(simulation: &mut Simulation<'_>) -> Result<Vec<Slot>> {
    let mut slots = Vec::new();
    loop {
        while let Some(slot) = simulation.start_one() {
            slots.push(slot);
        }
        if !simulation.go_on() {
            break;
        }
    }
    match simulation.waiting.first() {
        Some(Waiting { timed: stuck, .. }) => Err(Error::Refused {
            attempted: format!("plan the drill {}", stuck.drill.name),
            reason: "it could never begin: the leases that it needs hinder each other; break less \
                     in one drill"
                .to_owned(),
        }),
        None => Ok(slots),
    }
}

struct Simulation<'a> {
    settings: &'a Settings,
    routes: Option<&'a Routes>,
    now: Duration,
    waiting: Vec<Waiting<'a>>,
    running: Vec<Running<'a>>,
    /// The lanes that were used, the one that was left longest ago first.
    rested: Vec<String>,
}

struct Waiting<'a> {
    timed: &'a TimedDrill,
    places: Vec<Place>,
    wants: Holdings,
}

struct Running<'a> {
    timed: &'a TimedDrill,
    place: Place,
    claims: Vec<Claim>,
    holds: Holdings,
    from: Duration,
    /// It has not ended by then, whatever it was expected to take.
    ends_at_earliest: Duration,
}

impl<'a> Simulation<'a> {
    /// Where those `underway` run and `waiting` ones have not begun.
    fn begun(
        underway: &'a [Underway],
        waiting: &'a [TimedDrill],
        settings: &'a Settings,
        routes: Option<&'a Routes>,
    ) -> Result<Self> {
        let now = underway.iter().map(|drill| drill.taken).max();
        let now = now.unwrap_or_default();
        let mut running = Vec::new();
        for drill in underway {
            let places = places(&drill.timed.drill, settings)?;
            let mut on_lane = places.iter().filter(|place| place.lane == drill.lane);
            if let Some(place) = on_lane.next().or(places.first()) {
                running.push(Running {
                    timed: &drill.timed,
                    claims: place.drill.claims(),
                    holds: place.holdings.clone(),
                    place: place.clone(),
                    from: now.saturating_sub(drill.taken),
                    ends_at_earliest: now + AT_ANY_MOMENT,
                });
            }
        }
        for drill in &mut running {
            if drill.mended_at() <= now {
                drill.gives_back(settings);
            }
        }
        let waiting = waiting.iter();
        let waiting = waiting.map(|timed| {
            Ok(Waiting {
                timed,
                places: places(&timed.drill, settings)?,
                wants: holdings_of(&timed.drill, settings),
            })
        });
        Ok(Self {
            settings,
            routes,
            now,
            waiting: waiting.collect::<Result<_>>()?,
            running,
            rested: Vec::new(),
        })
    }

    /// Starts a drill that may go now.
    fn start_one(&mut self) -> Option<Slot> {
        let (number, place) = self.next()?;
        let Waiting { timed, .. } = self.waiting.remove(number);
        let slot = Slot {
            drill: timed.drill.name.clone(),
            lane: place.lane.clone(),
            from: self.now,
            until: self.now + timed.lasts,
        };
        self.running.push(Running {
            timed,
            claims: place.drill.claims(),
            holds: place.holdings.clone(),
            place,
            from: self.now,
            ends_at_earliest: self.now,
        });
        Some(slot)
    }

    /// The number of a waiting drill that may go now, and where it goes.
    fn next(&self) -> Option<(usize, Place)> {
        let running: Vec<_> = self.running.iter().map(Running::in_line).collect();
        let running: Vec<_> = running.iter().collect();
        let waiting = self.waiting.iter();
        let waiting: Vec<_> = waiting.map(|waiting| self.in_line(waiting)).collect();
        let waiting: Vec<_> = waiting.iter().collect();
        let next = next_of(&waiting, &running, at(self.now));
        next.into_iter().find_map(|number| {
            let place = self.free_place(&self.waiting[number].places)?;
            Some((number, place.clone()))
        })
    }

    /// Moves on to when the next drill gives something back; false if none will.
    fn go_on(&mut self) -> bool {
        let running = self.running.iter();
        let changes = running.flat_map(|running| [running.mended_at(), running.ends_at()]);
        let Some(next) = changes.filter(|at| *at > self.now).min() else {
            return false;
        };
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

    fn in_line(&self, waiting: &Waiting<'_>) -> InLine {
        let Waiting {
            timed,
            places,
            wants,
        } = waiting;
        let is_ready = places.iter().any(|place| self.has_room_for(place));
        let in_the_way = places.iter().flat_map(|place| self.in_the_way_of(place));
        InLine {
            drill: timed.drill.name.clone(),
            duration: timed.estimate,
            wants: wants.clone(),
            state: if is_ready {
                LineState::Ready
            } else {
                LineState::Aside {
                    behind: in_the_way.collect(),
                }
            },
        }
    }

    /// As in a run, two drills that answer for the same alert do not run at once, and neither do
    /// those whose alerts would keep each other's message waiting.
    fn has_room_for(&self, place: &Place) -> bool {
        self.in_the_way_of(place).next().is_none()
    }

    fn in_the_way_of(&self, place: &Place) -> impl Iterator<Item = String> {
        let running = self.running.iter();
        let in_the_way =
            running.filter(move |theirs| hinders(&place.drill, &theirs.claims, self.routes));
        in_the_way.map(|running| running.place.drill.name.clone())
    }

    /// The free place whose lane was left longest ago.
    fn free_place<'b>(&self, places: &'b [Place]) -> Option<&'b Place> {
        let is_free = |place: &&Place| {
            let mut running = self.running.iter();
            !running.any(|running| excludes(&place.holdings, &running.holds))
        };
        let left_at = |place: &&Place| {
            let lane = place.lane.as_ref()?;
            self.rested.iter().position(|rested| rested == lane)
        };
        let places = places.iter().filter(|place| self.has_room_for(place));
        places.filter(is_free).min_by_key(left_at)
    }
}

impl Running<'_> {
    fn in_line(&self) -> InLine {
        let ends_by = at(self.from + self.timed.estimate);
        InLine {
            drill: self.timed.drill.name.clone(),
            duration: self.timed.estimate,
            wants: self.holds.clone(),
            state: LineState::Running { ends_by },
        }
    }

    fn mended_at(&self) -> Duration {
        self.from + self.timed.mended_after
    }

    fn ends_at(&self) -> Duration {
        (self.from + self.timed.lasts).max(self.ends_at_earliest)
    }

    /// Gives back what it has mended, as in a run: what was disturbed is free, and what watches is
    /// shared. Whether there was anything to give back.
    fn gives_back(&mut self, settings: &Settings) -> bool {
        if !self.timed.drill.is_to_fire() && self.place.lane.is_none() {
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
mod tests;
