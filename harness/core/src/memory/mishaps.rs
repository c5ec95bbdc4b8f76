//! Which calls of a test's system fail, or have no effect.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Error, Result};

/// One call of a system in memory.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// How many calls there were before it since the plan was made.
    pub number: u64,
    /// The verb: `stop`, `state`, …
    pub verb: &'static str,
    /// The service, topic or server that it is about.
    pub on: &'a str,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// It is done and confirmed.
    Done,
    /// It is confirmed, and nothing was done. A call that only reads is done all the same.
    NoEffect,
    /// It is refused, and nothing was done.
    Refused,
    /// It is done, and the confirmation is lost: the caller sees an error.
    AnswerLost,
}

type Script = Box<dyn FnMut(Call<'_>) -> Response + Send>;

/// Decides what becomes of each call. Its clones are one plan; without a script every call is done.
#[derive(Clone, Default)]
pub struct Mishaps {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: Option<Script>,
    calls: u64,
    failures: u64,
}

impl Mishaps {
    /// Follows `script` from now on.
    pub fn follow(&self, script: impl FnMut(Call<'_>) -> Response + Send + 'static) {
        self.lock().script = Some(Box::new(script));
    }

    /// Spoils nothing from now on.
    pub fn spoil_nothing(&self) {
        self.lock().script = None;
    }

    /// How many calls failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.lock().failures
    }

    /// What becomes of this call.
    #[must_use]
    pub fn response(&self, verb: &'static str, on: &str) -> Response {
        let mut state = self.lock();
        let number = state.calls;
        state.calls += 1;
        let script = state.script.as_mut();
        let response = script.map_or(Response::Done, |script| script(Call { number, verb, on }));
        state.failures += u64::from(matches!(response, Response::Refused | Response::AnswerLost));
        response
    }

    /// That this call, which only reads, is answered.
    ///
    /// # Errors
    /// [`Error::NoAnswer`], if the plan says so.
    pub fn read(&self, verb: &'static str, on: &str) -> Result<()> {
        match self.response(verb, on) {
            Response::Done | Response::NoEffect => Ok(()),
            Response::Refused | Response::AnswerLost => Err(spoiled(verb, on)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mishaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mishaps")
    }
}

/// The error of a call that the plan spoils.
pub(super) fn spoiled(verb: &str, on: &str) -> Error {
    Error::NoAnswer {
        attempted: format!("{verb} {on}"),
        reason: "the test's plan spoils this call".to_owned(),
    }
}

/// Spoils about `permille` of 1,000 calls, one like the other in each of the ways that there are.
/// The same seed spoils the same calls.
pub fn spoiling(seed: u64, permille: u64) -> impl FnMut() -> Response + Send + 'static {
    let mut state = seed;
    move || {
        let drawn = next_random(&mut state);
        if drawn % 1000 >= permille {
            return Response::Done;
        }
        match (drawn / 1000) % 3 {
            0 => Response::NoEffect,
            1 => Response::Refused,
            _ => Response::AnswerLost,
        }
    }
}

/// `SplitMix64`: short, and good enough to spread failures.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
