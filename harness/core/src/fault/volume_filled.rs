//! The volume of a service is full.
//!
//! Only a volume that lives in memory (tmpfs) and has a limited size is ever filled, and what it is
//! on is looked at in the container just before: to fill another one would fill the machine's disk.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, UtcInstant};

/// The volume of a service is full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeFilled {
    /// The service, as the project names it.
    pub service: String,
    /// The folder of its volume in the container.
    pub path: String,
}

/// The file that fills it.
const FILLER: &str = ".alertdrill-filler";
/// Fills the file system of the file `$1`, if it lives in memory and is no larger than 1 GiB.
const FILL: &str = "set -- \"$1\" $(df -Pk \"${1%/*}\" | tail -n 1); \
    [ \"$2\" = tmpfs ] && [ \"$3\" -le 1048576 ] || exit 1; \
    dd if=/dev/zero of=\"$1\" bs=64k 2>/dev/null; true";
/// Ends with code 0 if the file `$1` is there and nothing is free beside it.
const IS_FULL: &str = "test -e \"$1\" && set -- $(df -Pk \"${1%/*}\" | tail -n 1) && \
    [ \"$4\" -eq 0 ]";

impl Fault {
    /// Fills the volume of `service` that is mounted at `path`.
    #[must_use]
    pub fn fill_volume(service: impl Into<String>, path: impl Into<String>) -> Self {
        VolumeFilled {
            service: service.into(),
            path: path.into(),
        }
        .into()
    }
}

impl VolumeFilled {
    fn filler(&self) -> String {
        format!("{}/{FILLER}", self.path.trim_end_matches('/'))
    }

    async fn shell(&self, site: &Site, script: &str, name: &str) -> Result<i64> {
        let words = ["sh", "-c", script, name, &self.filler()].map(str::to_owned);
        // As root: a volume may belong to another user than the service runs as.
        let ended = site.target.run(&self.service, Some("0"), &words).await?;
        Ok(ended.code)
    }
}

impl fmt::Display for VolumeFilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} filled", self.path, self.service)
    }
}

#[async_trait]
impl FaultKind for VolumeFilled {
    fn aim(&self) -> Aim<'_> {
        Aim::service(&self.service)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.service);
        placement.fill(&mut self.path);
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        // How it ends is seen by its effect.
        self.shell(site, FILL, "fill").await.map(|_| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        let awaited = format!("{} of {} to be full", self.path, self.service);
        let otherwise = "something is free there, or it is no volume in memory of up to 1 GiB";
        site.wait_until(&awaited, otherwise, || {
            Box::pin(async move { Ok(self.shell(site, IS_FULL, "is-full").await? == 0) })
        })
        .await
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    /// A service that has ended has lost what it had in memory, and the file with it.
    async fn revert(&self, site: &Site) -> Result<()> {
        site.bring_back(&self.service).await?;
        let remove = ["rm", "-f", &self.filler()].map(str::to_owned);
        let is_there = ["test", "-e", &self.filler()].map(str::to_owned);
        let (remove, is_there) = (&remove, &is_there);
        let awaited = format!("{} of {} to be emptied", self.path, self.service);
        site.wait_until(&awaited, "what fills it is still there", || {
            Box::pin(async move {
                let target = &site.target;
                target.exec(&self.service, Some("0"), remove).await?;
                let ended = target.run(&self.service, Some("0"), is_there).await?;
                Ok(ended.code != 0)
            })
        })
        .await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::fault) fn example() -> Fault {
        Fault::fill_volume("api", "/data")
    }
}
