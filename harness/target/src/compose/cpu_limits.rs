//! How much of the processors a container may use, as the engine keeps it.
//!
//! It keeps a number of processors (`cpus`) and a quota of a period apart, and refuses to set the
//! one where the other is set. A number of processors cannot be taken back by an update, because
//! its 0 means "as it is"; a quota can, by a negative one.

use alertdrill_core::CpuLimit;
use bollard::models::{ContainerUpdateBody, HostConfig};

/// The quota that is none.
const NO_QUOTA: i64 = -1;

pub(super) fn limit_of(host: &HostConfig) -> CpuLimit {
    let set = |value: Option<i64>| value.filter(|value| *value > 0);
    match (set(host.nano_cpus), set(host.cpu_quota)) {
        (Some(nanos), _) => CpuLimit::NanoCpus(nanos),
        (None, Some(quota_us)) => CpuLimit::Quota {
            quota_us,
            period_us: set(host.cpu_period).unwrap_or(CpuLimit::USUAL_PERIOD_US),
        },
        (None, None) => CpuLimit::None,
    }
}

pub(super) fn update_to(limit: CpuLimit) -> ContainerUpdateBody {
    let mut update = ContainerUpdateBody::default();
    match limit {
        CpuLimit::None => update.cpu_quota = Some(NO_QUOTA),
        CpuLimit::NanoCpus(nanos) => update.nano_cpus = Some(nanos),
        CpuLimit::Quota {
            quota_us,
            period_us,
        } => {
            update.cpu_quota = Some(quota_us);
            update.cpu_period = Some(period_us);
        }
    }
    update
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_read_in_the_form_in_which_the_engine_has_it() {
        let host = |nano_cpus, cpu_quota, cpu_period| HostConfig {
            nano_cpus,
            cpu_quota,
            cpu_period,
            ..HostConfig::default()
        };
        assert_eq!(limit_of(&host(Some(0), Some(0), Some(0))), CpuLimit::None);
        // What is left of a quota that was taken back.
        assert_eq!(
            limit_of(&host(None, Some(-1), Some(100_000))),
            CpuLimit::None
        );
        assert_eq!(limit_of(&host(Some(5), None, None)), CpuLimit::NanoCpus(5));
        let quota = CpuLimit::Quota {
            quota_us: 7,
            period_us: 100_000,
        };
        assert_eq!(limit_of(&host(None, Some(7), Some(0))), quota);
    }
}
