//! A client of vmalert, and of the VictoriaMetrics that it asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertdrill_core::{Error, Result, UtcInstant};
use serde_json::Value;

use super::answers::{ActiveAlert, Groups, RuleHistory};
use super::delays::Delays;
use super::exposition::samples_of;
use super::flags::Flags;
use crate::http::{Api, Locate};
use crate::prometheus::{Answer, LoadedGroup, LoadedGroups, Prometheus, QueryOffsets, duration};

/// A client of vmalert's HTTP API (<https://docs.victoriametrics.com/vmalert/#web>), and of the
/// VictoriaMetrics that it asks and writes to.
#[derive(Clone, Debug)]
pub struct VmAlert {
    api: Api,
    pub(super) samples: Prometheus,
    pub(super) offsets: QueryOffsets,
    measured: Arc<Mutex<Measured>>,
}

/// What was measured of the groups that are loaded.
#[derive(Debug, Default)]
struct Measured {
    /// What was exposed of when they were loaded: with that, the times of their evaluations change.
    loaded: Vec<String>,
    /// Per id of a group, how far before its evaluations it looks.
    offsets: BTreeMap<String, Duration>,
}

/// Since when vmalert runs, and when it has loaded its rules last.
const LOADED_AT: [&str; 2] = [
    "process_start_time_seconds",
    "vmalert_config_last_reload_success_timestamp_seconds",
];

/// What vmalert has loaded, and what it says of it now.
pub(super) struct Loaded {
    /// With the offset that each group has.
    pub(super) groups: Vec<LoadedGroup>,
    pub(super) active: Vec<ActiveAlert>,
    pub(super) delays: Delays,
}

impl VmAlert {
    /// A client of the server at `address` (host and port), whose rules are evaluated over the
    /// samples that `samples` answers with.
    #[must_use]
    pub fn new(address: &str, samples: Prometheus) -> Self {
        Self {
            api: Api::new("vmalert", address),
            samples,
            offsets: QueryOffsets::default(),
            measured: Arc::default(),
        }
    }

    /// The same client, which calls `locate` to find the server again when nobody answers at its
    /// address.
    #[must_use]
    pub fn found_by(self, locate: Locate) -> Self {
        Self {
            api: self.api.found_by(locate),
            ..self
        }
    }

    /// Its version; `None` if it was built without one, as Debian's is.
    ///
    /// # Errors
    /// [`Error::NoAnswer`].
    pub async fn version(&self) -> Result<Option<String>> {
        let exposed = self.api.text("/metrics").await?;
        let samples = samples_of("vm_app_version", &exposed).into_iter();
        let mut versions = samples.filter_map(|mut it| it.labels.remove("short_version"));
        Ok(versions.find(|version| !version.is_empty()))
    }

    /// Makes it load its rules again.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if it refuses them.
    pub async fn reload(&self) -> Result<()> {
        self.api.post("/-/reload").await
    }

    /// Per group, the evaluations that it has skipped.
    pub(super) async fn missed(&self) -> Result<BTreeMap<String, f64>> {
        let exposed = self.api.text("/metrics").await?;
        let samples = samples_of("vmalert_iteration_missed_total", &exposed).into_iter();
        let missed =
            samples.filter_map(|mut sample| Some((sample.labels.remove("group")?, sample.value)));
        Ok(missed.collect())
    }

    /// What it has loaded. Its rules' offsets are kept for the samples to come.
    pub(super) async fn loaded(&self) -> Result<Loaded> {
        let delays = self.delays().await?;
        let path = "/api/v1/rules";
        let bad = |reason: String| Error::BadAnswer {
            attempted: self.api.attempt(path),
            reason,
        };
        let answer: Answer<Value> = self.api.get(path, &[]).await?;
        let data = answer.complete().map_err(bad)?;
        let own = serde_json::from_value::<Groups>(data.clone());
        let own = own.map_err(|error| bad(error.to_string()))?.groups;
        let groups = serde_json::from_value::<LoadedGroups>(data);
        let mut groups = groups.map_err(|error| bad(error.to_string()))?.groups;
        for (group, own) in groups.iter_mut().zip(&own) {
            let interval = duration(group.interval)?;
            let ids = own.rules.first().map(|rule| (&own.id, &rule.id));
            group.query_offset = match ids {
                Some((group, rule)) => self.offset(group, rule, interval, delays).await?,
                None => Duration::ZERO,
            };
        }
        self.offsets.keep(&groups);
        let rules = own.into_iter().flat_map(|group| group.rules);
        Ok(Loaded {
            groups,
            active: rules.flat_map(|rule| rule.alerts).collect(),
            delays,
        })
    }

    /// How far before its evaluations a group looks, by those of one of its rules.
    async fn offset(
        &self,
        group: &str,
        rule: &str,
        interval: Duration,
        delays: Delays,
    ) -> Result<Duration> {
        let ids = [("group_id", group), ("rule_id", rule)];
        let history: RuleHistory = self.api.get("/api/v1/rule", &ids).await?;
        let mut measured = self.measured();
        let known = measured.offsets.get(group).copied();
        let offset = delays.offset(&history.updates, interval, known);
        if history.updates.iter().any(|it| it.at > UtcInstant::EPOCH) {
            measured.offsets.insert(group.to_owned(), offset);
        }
        Ok(offset)
    }

    async fn delays(&self) -> Result<Delays> {
        let exposed = self.api.text("/metrics").await?;
        self.forget_if_loaded_anew(&exposed);
        let flags = Flags::of(&exposed);
        if !flags.is_set("remoteWrite.url") {
            return Err(Error::BadAnswer {
                attempted: self.api.attempt("its flags"),
                reason: "it has no -remoteWrite.url, so nothing keeps the states of its alerts; \
                         have it write to the VictoriaMetrics that it asks"
                    .to_owned(),
            });
        }
        Delays::of(&flags, &Flags::of(&self.samples.exposed_metrics().await?))
    }

    fn forget_if_loaded_anew(&self, exposed: &str) {
        let lines = exposed.lines();
        let loaded = lines.filter(|line| LOADED_AT.iter().any(|name| line.starts_with(name)));
        let loaded: Vec<_> = loaded.map(str::to_owned).collect();
        let mut measured = self.measured();
        if measured.loaded != loaded {
            *measured = Measured {
                loaded,
                offsets: BTreeMap::new(),
            };
        }
    }

    fn measured(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
