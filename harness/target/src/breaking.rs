//! A fault is written into the journal, and then injected; and what it needs is kept going until its
//! revert.

use alertdrill_core::{Error, Fault, Ongoing, Result, Site};
use futures_channel::oneshot;
use tokio::task::JoinHandle;

use crate::journal::{Journal, OpenFault};

/// A fault that was injected: what its revert needs. When this is dropped, what goes on for the fault
/// is told to stop.
#[derive(Debug)]
pub struct Broken {
    /// What the journal holds open.
    pub open: OpenFault,
    ongoing: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Broken {
    fn new(open: OpenFault, ongoing: Option<Ongoing>) -> Self {
        let ongoing = ongoing.map(|Ongoing { work, stop }| (stop, tokio::spawn(work)));
        Self { open, ongoing }
    }

    /// Stops what goes on for the fault, waits until it has, and gives what is left to revert.
    pub async fn let_go(self) -> OpenFault {
        if let Some((stop, work)) = self.ongoing {
            drop(stop);
            // A panic in there ends it as well.
            let _ = work.await;
        }
        self.open
    }
}

/// Why a fault was not injected as it must be.
#[derive(Debug)]
pub enum InjectionFailed {
    /// The journal did not take it, so that nothing was done.
    NotWritten(Error),
    /// The target refused it, or did only a part of it: the journal holds it open.
    NotDone(Box<OpenFault>, Error),
}

/// Writes `fault` of `drill` into the journal, then injects it.
///
/// # Errors
/// Whether anything was done, and what the journal or the target answers.
pub async fn inject(
    fault: &Fault,
    drill: &str,
    journal: &Journal,
    site: &Site,
) -> Result<Broken, InjectionFailed> {
    let opened = journal.open(drill, fault, site.clock.now());
    let open = opened.map_err(InjectionFailed::NotWritten)?;
    match fault.inject(site).await {
        Ok(ongoing) => Ok(Broken::new(open, ongoing)),
        Err(error) => Err(InjectionFailed::NotDone(Box::new(open), error)),
    }
}
