//! What drills ask of the server that notifies people of alerts.

use std::fmt;

use alertdrill_core::{Delivery, Result, Routes, Suppression, Witness};
use async_trait::async_trait;

use crate::alertmanager::Alertmanager;
use crate::sink::NotificationSink;

/// A server that groups and routes alerts, with its receivers.
#[async_trait]
pub trait Notifier: fmt::Debug + Send + Sync {
    /// Who says what was delivered.
    fn witness(&self) -> Witness;

    /// Its routes; `None` if nobody is told of anything.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn routes(&self) -> Result<Option<Routes>>;

    /// The version of Alertmanager, if there is one.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn version(&self) -> Result<Option<String>>;

    /// The alerts that a silence or another alert suppresses.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn suppressions(&self) -> Result<Vec<Suppression>>;

    /// The deliveries after notification number `since`, one per alert, and the number of the
    /// newest notification.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)>;
}

/// Alertmanager, whose receivers send to a sink that keeps every notification.
#[derive(Clone, Debug)]
pub struct AlertmanagerWithSink {
    /// The server that routes.
    pub alertmanager: Alertmanager,
    /// The sink that its receivers send to.
    pub sink: NotificationSink,
}

#[async_trait]
impl Notifier for AlertmanagerWithSink {
    fn witness(&self) -> Witness {
        Witness::Sink
    }

    async fn routes(&self) -> Result<Option<Routes>> {
        self.alertmanager.routes().await.map(Some)
    }

    async fn version(&self) -> Result<Option<String>> {
        self.alertmanager.version().await.map(Some)
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>> {
        self.alertmanager.suppressions().await
    }

    async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        self.sink.deliveries(since).await
    }
}

/// No Alertmanager: alerts fire, and nobody is told.
#[derive(Clone, Copy, Debug)]
pub struct NobodyIsTold;

#[async_trait]
impl Notifier for NobodyIsTold {
    fn witness(&self) -> Witness {
        Witness::Nobody
    }

    async fn routes(&self) -> Result<Option<Routes>> {
        Ok(None)
    }

    async fn version(&self) -> Result<Option<String>> {
        Ok(None)
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>> {
        Ok(Vec::new())
    }

    async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        Ok((Vec::new(), since))
    }
}
