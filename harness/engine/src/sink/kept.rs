//! The notifications that a sink keeps: the newest ones, with the instant of their arrival.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// A notification as it arrived.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Notification {
    /// From 1, one more for each notification since the sink started.
    seq: u64,
    received_at: String,
    receiver: String,
    payload: Map<String, Value>,
}

/// The newest notifications, the oldest first.
#[derive(Debug)]
pub(super) struct Kept {
    last_seq: u64,
    notifications: VecDeque<Notification>,
    capacity: usize,
}

impl Kept {
    /// None yet, and never more than `capacity`.
    pub(super) fn up_to(capacity: usize) -> Self {
        Self {
            last_seq: 0,
            notifications: VecDeque::new(),
            capacity,
        }
    }

    /// Keeps one more; the oldest makes room for it.
    pub(super) fn add(
        &mut self,
        received_at: Timestamp,
        receiver: String,
        payload: Map<String, Value>,
    ) {
        self.last_seq += 1;
        if self.notifications.len() == self.capacity {
            self.notifications.pop_front();
        }
        self.notifications.push_back(Notification {
            seq: self.last_seq,
            received_at: format!("{received_at:.3}"),
            receiver,
            payload,
        });
    }

    /// Those after number `seq`.
    pub(super) fn since(&self, seq: u64) -> Vec<Notification> {
        let first = self.notifications.partition_point(|kept| kept.seq <= seq);
        self.notifications.range(first..).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(count: u64, capacity: usize) -> Kept {
        let mut kept = Kept::up_to(capacity);
        for _ in 0..count {
            kept.add(Timestamp::UNIX_EPOCH, "critical".to_owned(), Map::new());
        }
        kept
    }

    fn seqs(notifications: &[Notification]) -> Vec<u64> {
        notifications.iter().map(|kept| kept.seq).collect()
    }

    #[test]
    fn since_gives_what_came_after_in_order() {
        let kept = kept(4, 10);
        assert_eq!(seqs(&kept.since(0)), [1, 2, 3, 4]);
        assert_eq!(seqs(&kept.since(2)), [3, 4]);
        assert!(kept.since(4).is_empty());
        assert!(kept.since(99).is_empty());
    }

    #[test]
    fn oldest_make_room_and_seq_goes_on() {
        assert_eq!(seqs(&kept(5, 3).since(0)), [3, 4, 5]);
    }

    #[test]
    fn received_at_has_milliseconds_and_is_utc() {
        assert_eq!(
            kept(1, 1).notifications[0].received_at,
            "1970-01-01T00:00:00.000Z"
        );
    }
}
