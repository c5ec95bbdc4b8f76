//! The plan of a run as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Drill, Error, Result, Waiver};

/// The drills of a run, and what it excuses from being proven.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The drills.
    pub drills: Vec<Drill>,
    /// What none of them proves, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}

impl Plan {
    /// The plan that `json`, which comes from `whence`, says.
    ///
    /// # Errors
    /// [`Error::BadDescription`]: an unknown fault or field, or two drills of one name.
    pub fn from_json(json: &str, whence: &str) -> Result<Self> {
        let bad = |reason: String| Error::BadDescription {
            what: format!("the drills of {whence}"),
            reason,
        };
        let plan: Self = serde_json::from_str(json).map_err(|error| bad(error.to_string()))?;
        let mut names = BTreeSet::new();
        match plan.drills.iter().find(|drill| !names.insert(&drill.name)) {
            Some(twice) => Err(bad(format!("two of them are named {}", twice.name))),
            None => Ok(plan),
        }
    }

    /// As JSON, which [`Plan::from_json`] reads.
    ///
    /// # Errors
    /// [`Error::BadDescription`] of a value that JSON cannot hold.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|error| Error::BadDescription {
            what: "a plan as JSON".to_owned(),
            reason: error.to_string(),
        })
    }

    /// The same plan with the drills whose names contain `name`, or, if `exact`, are `name`.
    #[must_use]
    pub fn only(mut self, name: &str, exact: bool) -> Self {
        self.drills.retain(|drill| {
            if exact {
                drill.name == name
            } else {
                drill.name.contains(name)
            }
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;

    fn plan(names: &[&str]) -> Plan {
        let drills = names
            .iter()
            .map(|name| Drill::new(*name, Fault::stop("kafka")).exclusive("kafka"));
        let waivers = vec![Waiver {
            rule: "Lag".into(),
            reason: "known".into(),
        }];
        Plan {
            drills: drills.collect(),
            waivers,
        }
    }

    #[test]
    fn plan_that_was_printed_is_loaded_again_as_it_was() {
        let plan = plan(&["a", "b"]);
        assert_eq!(
            Plan::from_json(&plan.to_json().unwrap(), "x").unwrap(),
            plan
        );
    }

    #[test]
    fn unknown_fault_field_and_a_name_that_is_there_twice_are_refused_with_their_file() {
        let meteor =
            r#"{"drills": [{"name": "x", "faults": [{"kind": "meteor", "service": "kafka"}]}]}"#;
        let refused = |json: &str| Plan::from_json(json, "night.json").unwrap_err().to_string();
        assert!(
            refused(meteor)
                .starts_with("failed to read the drills of night.json: unknown variant `meteor`")
        );
        assert!(refused(r#"{"drills": [], "drill": 1}"#).contains("unknown field `drill`"));
        assert!(
            refused(&plan(&["a", "a"]).to_json().unwrap()).ends_with("two of them are named a")
        );
    }

    #[test]
    fn part_of_a_name_chooses_every_drill_that_contains_it_and_an_exact_one_only_itself() {
        let names = |plan: Plan| {
            plan.drills
                .into_iter()
                .map(|drill| drill.name)
                .collect::<Vec<_>>()
        };
        let plan = plan(&["consumer", "consumer_stalled", "offload"]);
        assert_eq!(
            names(plan.clone().only("consumer", false)),
            ["consumer", "consumer_stalled"]
        );
        assert_eq!(names(plan.only("consumer", true)), ["consumer"]);
    }
}
