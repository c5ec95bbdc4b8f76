//! Values by the labels of alerts, found without looking at all of them.
//!
//! Many drills watch at once, and each cares for its own alerts: the cost of one drill must not
//! grow with the number of others. So the values are indexed by the value of each label, as in
//! Prometheus's own index.

use std::collections::{BTreeMap, HashMap};

use alertdrill_core::{Claim, Labels};

/// Values by the labels of alerts, `alertname` among them.
#[derive(Clone, Debug)]
pub struct ByLabels<T> {
    alerts: HashMap<String, OfOneName<T>>,
}

impl<T> Default for ByLabels<T> {
    fn default() -> Self {
        Self {
            alerts: HashMap::new(),
        }
    }
}

/// The values of all alerts of one name.
#[derive(Clone, Debug)]
struct OfOneName<T> {
    entries: Vec<(Labels, T)>,
    places: HashMap<Labels, usize>,
    index: HashMap<String, LabelIndex>,
}

/// Where a label's values stand.
#[derive(Clone, Debug, Default)]
struct LabelIndex {
    /// How many entries carry the label.
    carriers: usize,
    places: HashMap<String, Vec<usize>>,
}

impl<T: Default> ByLabels<T> {
    /// The value of exactly these labels, made if it is not there.
    pub fn entry(&mut self, labels: &Labels) -> &mut T {
        let name = labels.get("alertname").cloned().unwrap_or_default();
        self.alerts.entry(name).or_default().entry(labels)
    }
}

impl<T> ByLabels<T> {
    /// The value of exactly these labels.
    #[must_use]
    pub fn get(&self, labels: &Labels) -> Option<&T> {
        let alerts = self.alerts.get(labels.get("alertname")?)?;
        Some(&alerts.entries[*alerts.places.get(labels)?].1)
    }

    /// Every value with its labels.
    pub fn iter(&self) -> impl Iterator<Item = (&Labels, &T)> {
        self.alerts
            .values()
            .flat_map(|alerts| &alerts.entries)
            .map(|(labels, value)| (labels, value))
    }

    /// The values of the alerts that any of `claims` means or could mean, each once.
    #[must_use]
    pub fn concerned_by_any(&self, claims: &[Claim]) -> BTreeMap<&Labels, &T> {
        claims
            .iter()
            .flat_map(|claim| self.concerned_by(claim))
            .collect()
    }

    /// The values of the alerts that `claim` means or could mean ([`Claim::concerns`]).
    pub fn concerned_by<'a>(&'a self, claim: &Claim) -> impl Iterator<Item = (&'a Labels, &'a T)> {
        let found = self
            .alerts
            .get(&claim.alert)
            .into_iter()
            .flat_map(|alerts| alerts.candidates(claim));
        found
            .filter(|(labels, _)| claim.concerns(labels))
            .map(|(labels, value)| (labels, value))
    }
}

impl<T> Default for OfOneName<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            places: HashMap::new(),
            index: HashMap::new(),
        }
    }
}

impl<T: Default> OfOneName<T> {
    fn entry(&mut self, labels: &Labels) -> &mut T {
        let known = self.places.get(labels).copied();
        let place = known.unwrap_or_else(|| self.add(labels));
        &mut self.entries[place].1
    }

    fn add(&mut self, labels: &Labels) -> usize {
        let place = self.entries.len();
        self.entries.push((labels.clone(), T::default()));
        self.places.insert(labels.clone(), place);
        for (name, value) in labels {
            let index = self.index.entry(name.clone()).or_default();
            index.carriers += 1;
            index.places.entry(value.clone()).or_default().push(place);
        }
        place
    }
}

impl<T> OfOneName<T> {
    /// The entries with the rarest of the claim's label values. Only labels that all entries carry
    /// count, because a claim also concerns an entry that lacks the label.
    fn candidates<'a>(&'a self, claim: &Claim) -> Box<dyn Iterator<Item = &'a (Labels, T)> + 'a> {
        let places = claim.labels.iter().filter_map(|(name, value)| {
            let index = self.index.get(name)?;
            if index.carriers < self.entries.len() {
                return None;
            }
            Some(index.places.get(value).map_or(&[][..], Vec::as_slice))
        });
        match places.min_by_key(|places| places.len()) {
            Some(places) => Box::new(places.iter().map(|place| &self.entries[*place])),
            None => Box::new(self.entries.iter()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn labels(alert: &str, pairs: &[(&str, &str)]) -> Labels {
        let pairs = pairs.iter().copied().chain([("alertname", alert)]);
        let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        owned.collect()
    }

    #[test]
    fn value_is_found_by_its_exact_labels_and_only_one_is_made() {
        let mut counts = ByLabels::<u32>::default();
        for _ in 0..3 {
            *counts.entry(&labels("Down", &[("exchange", "okx")])) += 1;
        }
        let values: Vec<_> = counts.iter().map(|(_, count)| *count).collect();
        assert_eq!(values, [3]);
    }

    proptest! {
        /// The index finds just what looking at all of them would find.
        #[test]
        fn claim_finds_what_it_concerns_and_nothing_else(
            alerts in proptest::collection::vec(any_labels(), 0..12), claim in any_labels(),
        ) {
            let mut seen = ByLabels::<()>::default();
            for labels in &alerts {
                seen.entry(labels);
            }
            let claim = Claim { alert: claim["alertname"].clone(), labels: claim };
            let found: BTreeSet<_> = seen.concerned_by(&claim).map(|(labels, ())| labels).collect();
            let concerned: BTreeSet<_> = alerts.iter().filter(|it| claim.concerns(it)).collect();
            prop_assert_eq!(found, concerned);
        }
    }

    fn any_labels() -> impl Strategy<Value = Labels> {
        let name = prop_oneof!["exchange", "cause", "job"];
        let value = prop_oneof!["a", "b", "c"];
        let labels = proptest::collection::btree_map(name, value, 0..3);
        let alert = prop_oneof!["Down", "Lag"];
        (alert, labels).prop_map(|(alert, mut labels)| {
            labels.insert("alertname".to_owned(), alert);
            labels
        })
    }
}
