//! The faults are reverted, and what they have disturbed is seen to work again.

use alertdrill_core::schedule::conditions_for;
use alertdrill_core::{FaultRecord, LoadedRule, Result, SteadyState};
use alertdrill_target::{Mended, revert_all};

use super::state::{Life, STEADY_AGAIN_WITHIN, Surroundings};
use super::steady::{Alerts, Demand};

impl Life<'_, '_> {
    /// Reverts every fault, the latest first.
    pub(super) async fn revert(&mut self) -> Result<()> {
        // What goes on for a fault must not break again what is being mended.
        let mut open = Vec::new();
        for broken in std::mem::take(&mut self.broken) {
            let (left, kept) = broken.let_go().await;
            open.push(left);
            if let Err(error) = kept {
                self.note(&error);
            }
        }
        open.append(&mut self.half_done);
        let Surroundings {
            journal,
            site,
            progress,
            ..
        } = self.around;
        let mut failed = None;
        let latest_first = open.into_iter().rev();
        for mended in revert_all(latest_first, journal, site, progress).await {
            let Mended {
                open,
                reverting_at,
                reverted_at,
                error,
            } = mended;
            let mut records = self.timeline.faults.iter_mut().rev();
            let is_it = |record: &&mut FaultRecord| {
                record.fault == open.fault && record.reverted_at.is_none()
            };
            if let Some(record) = records.find(is_it) {
                record.reverting_at = Some(reverting_at);
                record.reverted_at = reverted_at;
            }
            failed = failed.or(error);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Waits until the paths that the drill has disturbed flow again. Other drills may have them
    /// then: what is left to see is the end of the alerts. That mostly comes with the next
    /// evaluation, and no other drill disturbs it.
    pub(super) async fn see_it_mended(&mut self) -> Result<SteadyState> {
        self.see_scrapes_since_the_revert().await?;
        let conditions = conditions_for(&self.leased.holdings(), self.around.settings);
        let flows = Demand {
            conditions: &conditions,
            alerts: Alerts::Any,
            evaluated_at: None,
        };
        let flows = self
            .reach(
                "waiting for its paths to flow again",
                STEADY_AGAIN_WITHIN,
                flows,
            )
            .await?;
        let interval = self
            .timeline
            .rules
            .iter()
            .map(|rule| rule.evaluation_interval)
            .max()
            .unwrap_or_default();
        self.reach(
            "waiting for the next evaluation",
            interval,
            Demand::ALERTS_GONE,
        )
        .await?;
        Ok(flows)
    }

    /// Waits for scrapes: those from before the revert say nothing about it.
    async fn see_scrapes_since_the_revert(&mut self) -> Result<()> {
        let Some(reverted_at) = self.timeline.last_revert() else {
            return Ok(());
        };
        let scraped = self
            .timeline
            .rules
            .iter()
            .map(LoadedRule::scraped_within)
            .max();
        let until = reverted_at.plus(scraped.unwrap_or_default());
        let step = self.step("waiting for scrapes since the revert");
        while until > self.now() {
            let left = until.time_since(self.now());
            self.sight.next_look(left).await?;
        }
        step.done("done");
        Ok(())
    }
}
