//! How far behind vmalert and VictoriaMetrics are.

use std::time::Duration;

use alertdrill_core::{Result, UtcInstant};

use super::answers::Update;
use super::flags::Flags;

/// VictoriaMetrics shows samples once it has written them out of its buffers: it looks every 2 s
/// for those that are 2 s old (`pendingRowsFlusher` in `lib/storage/partition.go`). No flag tells
/// it.
const SHOWN_WITHIN: Duration = Duration::from_secs(4);
/// How much longer that takes of a new series, as those of `ALERTS` are
/// (`pendingItemsFlushInterval` in `lib/mergeset/table.go`).
const NEW_SERIES_SHOWN_WITHIN: Duration = Duration::from_secs(1);

/// What is measured may be so much off: a request takes its time.
const TOLERATED: Duration = Duration::from_millis(100);

/// How far behind they are, whichever group it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delays {
    /// How much longer than a scrape it takes until its samples can be seen.
    seen_after: Duration,
    /// How long after an evaluation what it wrote is there to be read.
    pub(super) kept_within: Duration,
    /// How far before its evaluation a group looks that has told of no evaluation yet.
    unmeasured: Duration,
}

impl Delays {
    /// Those of a vmalert with the first flags, which asks a VictoriaMetrics with the second.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::BadAnswer`] of a flag that is no duration.
    pub(super) fn of(vmalert: &Flags, samples: &Flags) -> Result<Self> {
        let delay = vmalert.duration("rule.evalDelay")?;
        // What is younger than this, VictoriaMetrics answers of an instant before.
        let latency = samples.duration("search.latencyOffset")?;
        Ok(Self {
            seen_after: SHOWN_WITHIN + latency.saturating_sub(delay),
            kept_within: vmalert.duration("remoteWrite.flushInterval")?
                + SHOWN_WITHIN
                + NEW_SERIES_SHOWN_WITHIN,
            unmeasured: delay,
        })
    }

    /// How long after the beginning of a scrape that takes `scrape` an evaluation can see its
    /// samples, beside that it looks back by `offset`: one that looks back far enough waits for
    /// nothing.
    pub(super) fn seen_within(self, scrape: Duration, offset: Duration) -> Duration {
        scrape.max((scrape + self.seen_after).saturating_sub(offset))
    }

    /// How far before its evaluations a group with this interval looks. `updates` are its latest
    /// ones, and `known` is what was measured since it was loaded. An evaluation that begins late,
    /// on a busy machine, makes that no longer: the group is to be evaluated when it always was.
    pub(super) fn offset(
        self,
        updates: &[Update],
        interval: Duration,
        known: Option<Duration>,
    ) -> Duration {
        let offsets = updates
            .iter()
            .filter(|update| update.at > UtcInstant::EPOCH)
            .map(|update| update.time.time_since(update.at));
        let measured = offsets.min();
        match (known, measured) {
            (None, None) => self.unmeasured + interval,
            (Some(known), Some(measured)) if measured + TOLERATED < known => measured,
            (Some(known), _) => known,
            (None, Some(measured)) => measured,
        }
    }
}
