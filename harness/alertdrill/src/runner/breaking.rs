//! The faults are injected, and each is seen to have its effect.

use std::time::Duration;

use alertdrill_core::{Error, Fault, FaultRecord, Moment, Result};
use alertdrill_target::{InjectionFailed, inject};

use super::state::{Life, Surroundings};

/// How long a drill waits for the moment to break something.
const MOMENT_WITHIN: Duration = Duration::from_secs(180);

impl Life<'_, '_> {
    pub(super) async fn wait_for(&self, moment: &Moment) -> Result<()> {
        let step = self.step(&format!("waiting until {}", moment.what));
        let ended = tokio::select! {
            () = self.around.cancel.cancelled() => return Err(Error::Interrupted),
            ended = tokio::time::timeout(
                MOMENT_WITHIN,
                self.around.site.target.exec(&moment.service, None, &moment.command),
            ) => ended,
        };
        let in_vain = |_| Error::TimedOut {
            awaited: moment.what.clone(),
            last_seen: format!(
                "`{}` still runs in {}",
                moment.command.join(" "),
                moment.service
            ),
            waited: MOMENT_WITHIN,
        };
        ended.map_err(in_vain)??;
        step.done("now");
        Ok(())
    }

    /// Injects `faults` in their order. The answer is false if one of them had no effect: the judge
    /// says what that means.
    pub(super) async fn inject_all(&mut self, faults: &[Fault]) -> Result<bool> {
        for fault in faults {
            if self.around.cancel.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let step = self.step(&format!("breaking: {fault}"));
            let injected_at = self.now();
            let began_at = self.began_at().unwrap_or(injected_at);
            self.around
                .neighbourhood
                .announce(self.drill, began_at, None)?;
            self.answering
                .get_or_insert_with(|| self.around.observer.answer_for(self.drill.claims()));
            let Surroundings { journal, site, .. } = self.around;
            let injected = inject(fault, &self.drill.name, journal, site).await;
            // What the journal did not take was not injected.
            if let Err(InjectionFailed::NotWritten(error)) = injected {
                return Err(error);
            }
            // As it was written into the journal: with what its revert needs.
            let written = match &injected {
                Ok(broken) => broken.open.fault.clone(),
                Err(InjectionFailed::NotDone(open, _)) => open.fault.clone(),
                Err(InjectionFailed::NotWritten(_)) => fault.clone(),
            };
            self.timeline.faults.push(FaultRecord {
                fault: written,
                injected_at,
                effect_at: None,
                reverting_at: None,
                reverted_at: None,
            });
            match injected {
                Ok(broken) => self.broken.push(broken),
                Err(InjectionFailed::NotDone(open, error)) => {
                    self.half_done.push(*open);
                    return Err(error);
                }
                Err(InjectionFailed::NotWritten(error)) => return Err(error),
            }
            match fault.wait_for_effect(site, injected_at).await {
                Ok(()) => {}
                Err(Error::TimedOut { .. }) => return Ok(false),
                Err(other) => return Err(other),
            }
            let effect_at = self.now();
            if let Some(record) = self.timeline.faults.last_mut() {
                record.effect_at = Some(effect_at);
            }
            step.done("done");
        }
        Ok(true)
    }

    /// Shares what watches all drills again, as soon as it is back: other drills wait for it. Only
    /// a momentary fault lets it come back before the revert.
    pub(super) async fn share_watchers(&mut self) -> Result<()> {
        let watches = |fault: &&Fault| {
            self.around
                .settings
                .watched_by
                .iter()
                .any(|service| service == fault.disturbs())
        };
        let mut disturbing = self.drill.all_faults().filter(watches).peekable();
        if disturbing.peek().is_none() || !disturbing.all(|fault| fault.is_momentary()) {
            return Ok(());
        }
        let step = self.step("waiting until what watches is back");
        // The look that goes on may have begun before.
        let sees_again = self.sight.seen().looks + 2;
        while self.sight.seen().looks < sees_again || self.sight.seen().failing.is_some() {
            self.sight.next_look(Duration::MAX).await?;
        }
        step.done("it is back");
        self.leased.share_watchers(self.around.settings)
    }
}
