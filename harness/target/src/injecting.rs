//! Injects a fault: it is written into the journal first, and what it needs to stay in effect runs
//! until its revert.

use alertdrill_core::{Error, Fault, Ongoing, Result, Site};
use futures_channel::oneshot;
use tokio::task::JoinHandle;

use crate::journal::{Journal, OpenFault};

/// A fault that was injected, and what its revert needs. Dropping it tells the fault's ongoing work
/// to stop.
#[derive(Debug)]
pub struct InjectedFault {
    /// The journal's open entry.
    pub open: OpenFault,
    ongoing: Option<(oneshot::Sender<()>, JoinHandle<Result<()>>)>,
}

impl InjectedFault {
    fn new(open: OpenFault, ongoing: Option<Ongoing>) -> Self {
        let ongoing = ongoing.map(|Ongoing { work, stop }| (stop, tokio::spawn(work)));
        Self { open, ongoing }
    }

    /// Stops the fault's ongoing work, and waits until it has ended. Gives what is left to revert,
    /// and whether the fault was what it was asked to be.
    pub async fn let_go(self) -> (OpenFault, Result<()>) {
        let Some((stop, work)) = self.ongoing else {
            return (self.open, Ok(()));
        };
        drop(stop);
        let kept = work.await.unwrap_or_else(|panicked| {
            Err(Error::Refused {
                attempted: format!("keep up that {}", self.open.fault),
                reason: panicked.to_string(),
            })
        });
        (self.open, kept)
    }
}

/// Why an injection failed.
#[derive(Debug)]
pub enum InjectionFailed {
    /// The target did not say what a revert needs, or the journal could not be read or written, so
    /// nothing was done.
    NotWritten(Error),
    /// The target refused the fault or did only a part of it; the journal holds it open.
    NotDone(Box<OpenFault>, Error),
}

/// Looks up what the revert of `fault` will have to give back, writes it into the journal, and then
/// injects it.
///
/// # Errors
/// [`InjectionFailed`], which says whether anything was done, and why it failed.
pub async fn inject(
    fault: &Fault,
    drill: &str,
    journal: &Journal,
    site: &Site,
) -> Result<InjectedFault, InjectionFailed> {
    let read = journal.read().map_err(InjectionFailed::NotWritten)?;
    let left_open: Vec<_> = read.open.into_iter().map(|open| open.fault).collect();
    let prepared = fault.clone().prepared(&left_open, site).await;
    let fault = prepared.map_err(InjectionFailed::NotWritten)?;
    let opened = journal.open(drill, &fault, site.clock.now());
    let open = opened.map_err(InjectionFailed::NotWritten)?;
    match fault.inject(site).await {
        Ok(ongoing) => Ok(InjectedFault::new(open, ongoing)),
        Err(error) => Err(InjectionFailed::NotDone(Box::new(open), error)),
    }
}
