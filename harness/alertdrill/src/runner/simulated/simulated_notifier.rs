//! The simulated world as who is notified of alerts.

use alertdrill_core::{Delivery, Result, Routes, Suppression, Witness};
use alertdrill_engine::Notifier;
use async_trait::async_trait;

use super::world::World;

#[async_trait]
impl Notifier for World {
    fn witness(&self) -> Witness {
        Witness::Sink
    }

    async fn routes(&self) -> Result<Option<Routes>> {
        self.ask("routes", "alertmanager").await?;
        Ok(Some(self.routes.clone()))
    }

    async fn version(&self) -> Result<Option<String>> {
        Ok(None)
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>> {
        self.ask("suppressions", "alertmanager").await?;
        Ok(Vec::new())
    }

    async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        self.ask("deliveries", "sink").await?;
        let happened = self.happened();
        let seen = usize::try_from(since).unwrap_or(usize::MAX);
        let new = happened.deliveries.get(seen..).unwrap_or_default();
        Ok((new.to_vec(), happened.deliveries.len() as u64))
    }
}
