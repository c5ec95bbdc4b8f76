//! Who is told of alerts, as drills see it.

use std::fmt;

use alertdrill_core::{Delivery, Result, Routing, Suppression};
use async_trait::async_trait;

use crate::{Alertmanager, NotificationSink};

/// What groups and routes alerts, and what arrived at its receivers.
#[async_trait]
pub trait Notifier: fmt::Debug + Send + Sync {
    /// Its groups and waits: the coarsest and the longest of all routes.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn routing(&self) -> Result<Routing>;

    /// The alerts that a silence or another alert suppresses.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn suppressions(&self) -> Result<Vec<Suppression>>;

    /// What arrived after notification number `since`, an entry per alert; and the number of the
    /// newest.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)>;
}

/// Alertmanager, whose receivers point to a sink that keeps what arrives.
#[derive(Clone, Debug)]
pub struct AlertmanagerWithSink {
    /// What routes.
    pub alertmanager: Alertmanager,
    /// What keeps.
    pub sink: NotificationSink,
}

#[async_trait]
impl Notifier for AlertmanagerWithSink {
    async fn routing(&self) -> Result<Routing> {
        self.alertmanager.routing().await
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>> {
        self.alertmanager.suppressions().await
    }

    async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        self.sink.deliveries(since).await
    }
}
