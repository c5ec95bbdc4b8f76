//! The port [`Topics`] on a system in memory: groups take every message at once, except the one
//! that they stumble over and all that comes after it.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::memory_target::MemoryTarget;
use super::system::System;
use crate::{Ongoing, Result, Topics};

/// A member that holds a partition and reads nothing, until this is dropped.
struct Member {
    system: Arc<Mutex<System>>,
    of: (String, String),
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = system.displacing.get_mut(&self.of) {
            *members -= 1;
        }
        system.displacing.retain(|_, members| *members > 0);
    }
}

fn member(topic: &str, group: &str) -> (String, String) {
    (topic.to_owned(), group.to_owned())
}

#[async_trait]
impl Topics for MemoryTarget {
    async fn displace(&self, topic: &str, group: &str) -> Result<Ongoing> {
        let of = member(topic, group);
        let join = |system: &mut System| {
            *system.displacing.entry(of.clone()).or_default() += 1;
            Member {
                system: Arc::clone(&self.system),
                of: of.clone(),
            }
        };
        let joined = self.perform("displace", topic, join).await?;
        Ok(Ongoing::new(|stopped| async move {
            // Whoever is to tell it to stop may be gone: then it stops as well.
            let _ = stopped.await;
            drop(joined);
            Ok(())
        }))
    }

    async fn is_displaced(&self, topic: &str, group: &str) -> Result<bool> {
        let of = member(topic, group);
        self.look("is_displaced", topic, |system| {
            system.displacing.contains_key(&of)
        })
        .await
    }

    async fn put_when_caught_up(&self, topic: &str, _group: &str, payload: &str) -> Result<()> {
        let put = |system: &mut System| {
            let messages = system.topics.entry(topic.to_owned()).or_default();
            messages.push(payload.to_owned());
        };
        self.perform("put_when_caught_up", topic, put)
            .await
            .map(|_| ())
    }

    async fn is_ahead_of(&self, topic: &str, group: &str, payload: &str) -> Result<bool> {
        let of = member(topic, group);
        let is_ahead = |system: &System| {
            let committed = system.committed.get(&of).copied().unwrap_or_default();
            let messages = system.topics.get(topic).into_iter().flatten();
            messages.skip(committed).any(|message| message == payload)
        };
        self.look("is_ahead_of", topic, is_ahead).await
    }

    async fn commit_past(&self, topic: &str, group: &str, payload: &str) -> Result<()> {
        let of = member(topic, group);
        let commit = |system: &mut System| {
            let messages = system.topics.get(topic).map_or(&[][..], Vec::as_slice);
            let last = messages.iter().rposition(|message| message == payload);
            let past = last.map_or(0, |last| last + 1);
            let committed = system.committed.entry(of).or_default();
            *committed = past.max(*committed);
        };
        self.perform("commit_past", topic, commit).await.map(|_| ())
    }
}
