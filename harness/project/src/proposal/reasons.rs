//! Why no fault is proposed for a rule.

pub(super) const NO_PROMQL: &str = "its expression is not understood";
pub(super) const NOT_UNDERSTOOD: &str =
    "no fault is known that brings it; a command in a container may (`run`)";
pub(super) const CERTIFICATE: &str = "a certificate that expires is not among the faults";
pub(super) const DISK: &str = "a full disk is not among the faults";
pub(super) const HOST: &str = "it is about the host, which no drill breaks";
pub(super) const OBSERVER: &str =
    "it is about Prometheus or Alertmanager, which must watch while something is broken";
pub(super) const LOAD: &str =
    "load is not among the faults; a command in a container may bring it (`run`)";
pub(super) const CALENDAR: &str = "it tells the time, which no drill changes";
pub(super) const ABSENT_TARGET: &str =
    "a target that is configured has an `up` of 0 when it is down, and is never absent";
pub(super) const NO_SUCH_JOB: &str = "Prometheus scrapes no such job or target";
pub(super) const TARGET_UNKNOWN: &str = "its target is no service of this project";
pub(super) const EXPORTER_UNKNOWN: &str =
    "which service exports its metric cannot be told by the files";
pub(super) const NO_PROBER: &str = "no job probes a service of this project";
