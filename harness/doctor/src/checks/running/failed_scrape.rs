//! A target that the running Prometheus cannot scrape.

use alertdrill_core::Finding;

use crate::checks::{Case, Check, Said};

pub(in crate::checks) const FAILED_SCRAPE: Check = Check {
    id: "running/failed-scrape",
    title: "the running Prometheus cannot scrape a target",
    run,
};

const HELP: &str = "mend the address, the port or the path, or start what should answer there; \
                    rules that read it see nothing";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let (Some(running), Some(prometheus)) = (&case.checkout.running, &case.checkout.prometheus)
    else {
        return Vec::new();
    };
    let findings = running.failed_scrapes.iter().map(|failed| {
        let job = prometheus
            .jobs
            .iter()
            .find(|job| job.name.text == failed.job);
        let target = job.and_then(|job| {
            let mut targets = job.targets.iter();
            targets.find(|target| target.address.text == failed.instance)
        });
        let (file, place) = match (target, job) {
            (Some(target), _) => (&target.file, target.address.place),
            (None, Some(job)) => (&job.file, job.name.place),
            (None, None) => (&prometheus.file, prometheus.node.place),
        };
        let message = format!(
            "the last scrape of {} failed: {}",
            failed.instance, failed.why
        );
        Said::error(message, HELP).about(&failed.job, FAILED_SCRAPE.id, &file.path, place)
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const PROMETHEUS: &str = "--- prometheus.yml\nscrape_configs:\n- job_name: api\n  static_configs:\n  \
                              - targets: ['api:80']\n";

    #[test]
    fn target_whose_scrape_failed_is_found_at_its_address_or_at_its_job() {
        let failed = |instance: &str| {
            format!(
                "{PROMETHEUS}--- running.json\n{{\"failed_scrapes\": [{{\"job\": \"api\", \
                 \"instance\": \"{instance}\", \"why\": \"refused\"}}]}}\n"
            )
        };
        let expected = "prometheus.yml:4:15 error: the last scrape of api:80 failed: refused";
        assert_finds("running/failed-scrape", &failed("api:80"), &[expected]);
        assert_finds(
            "running/failed-scrape",
            &failed("x:1"),
            &["prometheus.yml:2:13 error"],
        );
        assert_silent("running/failed-scrape", PROMETHEUS);
    }
}
