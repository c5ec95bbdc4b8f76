//! What each alert must be proven for: every exchange, every service, every job.
//!
//! The project's settings say it, and not the metrics: what is scraped, and what a rule selects,
//! is under test too. A scrape job that somebody removes takes its series along, and a list that
//! was read from them would be complete again.

use crate::{AlertOutcome, Claim, Drill, ExpectedAlert, Labels, Settings, includes};

impl Settings {
    /// Every alert that must be proven, with the value of the label that names its culprit.
    #[must_use]
    pub fn instances_to_prove(&self) -> Vec<Claim> {
        let each = self.instances.iter().flat_map(|instances| {
            let values = instances.values.iter();
            let values = values.flat_map(|value| self.on_each_lane(value));
            values.map(|value| {
                let mut labels = instances.labels.clone();
                labels.insert(instances.label.clone(), value);
                Claim {
                    alert: instances.alert.clone(),
                    labels,
                }
            })
        });
        each.collect()
    }

    /// The text for each lane of the path that it names in braces; the text alone if it names none.
    fn on_each_lane(&self, text: &str) -> Vec<String> {
        let is_named = |placeholder: &String| text.contains(placeholder);
        let path = self
            .paths
            .iter()
            .find(|path| is_named(&path.placeholder()) && !path.lanes.is_empty());
        path.map_or_else(
            || vec![text.to_owned()],
            |path| {
                let lanes = path.lanes.iter();
                lanes
                    .map(|lane| text.replace(&path.placeholder(), lane))
                    .collect()
            },
        )
    }
}

impl Claim {
    /// Whether the alert that a drill expects has this name and each of these labels. What depends
    /// on the lane that the drill gets has no label's value for certain.
    #[must_use]
    pub fn is_expected_by(&self, drill: &Drill) -> bool {
        let is_meant = |expected: &ExpectedAlert| self.is_of(&expected.alert, &expected.labels);
        drill.expect.iter().any(is_meant)
    }

    /// Whether an alert that fired has this name and each of these labels.
    #[must_use]
    pub fn is_proven_by(&self, outcome: &AlertOutcome) -> bool {
        outcome.firing_at.is_some() && self.is_of(&outcome.name, &outcome.labels)
    }

    fn is_of(&self, alert: &str, labels: &Labels) -> bool {
        self.alert == alert && includes(labels, &self.labels)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Fault;
    use crate::settings::Instances;

    fn settings(values: &[&str]) -> Settings {
        let instances = Instances {
            alert: "Down".to_owned(),
            labels: [("cause".to_owned(), "gone".to_owned())].into(),
            label: "service".to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        Settings {
            instances: vec![instances],
            ..Settings::example()
        }
    }

    fn names(settings: &Settings) -> Vec<String> {
        let claims = settings.instances_to_prove();
        claims.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn path_in_braces_stands_for_each_of_its_lanes() {
        assert_eq!(
            names(&settings(&["handler-{lane}", "kafka"])),
            [
                "Down{cause=\"gone\", service=\"handler-binance\"}",
                "Down{cause=\"gone\", service=\"handler-okx\"}",
                "Down{cause=\"gone\", service=\"kafka\"}",
            ]
        );
    }

    #[test]
    fn drill_on_whichever_lane_it_gets_proves_no_instance_for_certain() {
        let on = |service: &str| {
            let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(1))
                .label("cause", "gone")
                .label("service", service)
                .label("job", "x");
            Drill::new("x", Fault::stop("kafka")).expect_alert(alert)
        };
        let [okx] = settings(&["handler-okx"])
            .instances_to_prove()
            .try_into()
            .unwrap();
        assert!(okx.is_expected_by(&on("handler-okx")));
        assert!(!okx.is_expected_by(&on("handler-{lane}")));
        assert!(!okx.is_expected_by(&on("handler-binance")));
    }
}
