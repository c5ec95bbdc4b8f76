//! What differs between two texts of a rules file, rule by rule.
//!
//! Fields are compared as they are written, whatever their names: one that Prometheus may learn
//! later is none that is overlooked here.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_yaml_ng::{Mapping, Value};

use crate::{Error, Labels, Result, selector};

/// A rule, or a group of rules, that is written otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum RuleChange {
    /// There was none like it.
    Added {
        /// Its name, and the labels that tell it from others of that name.
        rule: String,
    },
    /// There is none like it.
    Removed {
        /// Its name, and the labels that told it from others of that name.
        rule: String,
    },
    /// Some of its fields differ.
    Changed {
        /// Its name, and the labels that tell it from others of that name.
        rule: String,
        /// The fields.
        fields: Vec<FieldChange>,
    },
}

/// A field of a rule that is written otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Its name: `for`, or `label severity`.
    pub field: String,
    /// What it was; `None` if it was not there.
    pub old: Option<String>,
    /// What it is; `None` if it is not there.
    pub new: Option<String>,
}

/// What changes from the text `old` of the rules file `path` to the text `new`: groups first, then
/// rules in the order of the new text, then those that are gone. None if only the order of rules,
/// the layout or comments differ.
///
/// # Errors
/// [`Error::BadDescription`] of a text that is no rules file.
pub fn changed_rules(path: &Path, old: &str, new: &str) -> Result<Vec<RuleChange>> {
    let [old, new] = [read(path, old)?, read(path, new)?];
    let groups = old.groups.iter().filter_map(|(name, old)| {
        let fields = changed_fields(old, new.groups.get(name)?);
        let rule = format!("group {name}");
        (!fields.is_empty()).then_some(RuleChange::Changed { rule, fields })
    });
    let mut changes: Vec<_> = groups.collect();
    let partners = partners(&old.rules, &new.rules);
    for (place, rule) in new.rules.iter().enumerate() {
        let name = rule.name_among(&new.rules);
        let partner = partners.iter().find(|(_, new_at)| *new_at == place);
        let partner = partner.and_then(|(old_at, _)| old.rules.get(*old_at));
        match partner.map(|partner| changed_fields(&partner.fields, &rule.fields)) {
            None => changes.push(RuleChange::Added { rule: name }),
            Some(fields) if !fields.is_empty() => {
                changes.push(RuleChange::Changed { rule: name, fields });
            }
            Some(_) => {}
        }
    }
    for (place, rule) in old.rules.iter().enumerate() {
        if !partners.iter().any(|(old_at, _)| *old_at == place) {
            let rule = rule.name_among(&old.rules);
            changes.push(RuleChange::Removed { rule });
        }
    }
    Ok(changes)
}

/// What each field is, as it is written.
type Fields = BTreeMap<String, String>;

struct WrittenFile {
    groups: BTreeMap<String, Fields>,
    rules: Vec<WrittenRule>,
}

struct WrittenRule {
    name: String,
    labels: Labels,
    fields: Fields,
}

impl WrittenRule {
    /// In the order of what tells rules of one name apart: how many labels but severity, and how
    /// many fields, are written otherwise in `other`.
    fn distance_to(&self, other: &Self) -> (usize, usize) {
        let mut fields = changed_fields(&self.fields, &other.fields);
        let all = fields.len();
        fields.retain(|change| {
            change.field.starts_with("label ") && change.field != "label severity"
        });
        (fields.len(), all)
    }

    /// Its name, with the labels that tell it from others of that name.
    fn name_among(&self, rules: &[Self]) -> String {
        let but_severity = |rule: &Self| {
            let mut labels = rule.labels.clone();
            labels.remove("severity");
            labels
        };
        let own = but_severity(self);
        let namesakes = rules.iter().filter(|rule| rule.name == self.name);
        let alike = namesakes.clone().filter(|rule| but_severity(rule) == own);
        let labels = match (namesakes.count(), alike.count()) {
            (0 | 1, _) => Labels::new(),
            (_, 0 | 1) => own,
            _ => self.labels.clone(),
        };
        selector(&self.name, &labels)
    }
}

/// Which rule of `old` has become which one of `new`, by their places: of one name, those that
/// differ least; then those that differ in nothing but the name.
fn partners(old: &[WrittenRule], new: &[WrittenRule]) -> Vec<(usize, usize)> {
    let mut candidates = Vec::new();
    for (old_at, one) in old.iter().enumerate() {
        for (new_at, other) in new.iter().enumerate() {
            let distance = one.distance_to(other);
            let is_renamed = one.name != other.name;
            if !is_renamed || distance == (0, 1) {
                let moved = old_at.abs_diff(new_at);
                candidates.push((is_renamed, distance, moved, old_at, new_at));
            }
        }
    }
    candidates.sort_unstable();
    let mut partners: Vec<(usize, usize)> = Vec::new();
    for (_, _, _, old_at, new_at) in candidates {
        let is_taken = |(one, other): &(usize, usize)| *one == old_at || *other == new_at;
        if !partners.iter().any(is_taken) {
            partners.push((old_at, new_at));
        }
    }
    partners
}

fn changed_fields(old: &Fields, new: &Fields) -> Vec<FieldChange> {
    let added = new.keys().filter(|field| !old.contains_key(*field));
    let changes = old.keys().chain(added).map(|field| FieldChange {
        field: field.clone(),
        old: old.get(field).cloned(),
        new: new.get(field).cloned(),
    });
    changes.filter(|change| change.old != change.new).collect()
}

fn read(path: &Path, text: &str) -> Result<WrittenFile> {
    let bad = |reason: String| Error::BadDescription {
        what: path.display().to_string(),
        reason,
    };
    let mut value: Value = serde_yaml_ng::from_str(text).map_err(|error| bad(error.to_string()))?;
    value
        .apply_merge()
        .map_err(|error| bad(error.to_string()))?;
    let mut file = WrittenFile {
        groups: BTreeMap::new(),
        rules: Vec::new(),
    };
    for group in list_in(&value, "groups") {
        let name = group.get("name").map(as_written).unwrap_or_default();
        for rule in list_in(group, "rules") {
            let rule = rule.as_mapping();
            let rule = rule.ok_or_else(|| bad(format!("a rule of the group {name} is no map")))?;
            file.rules.push(rule_of(rule, &name));
        }
        let mut fields = Fields::new();
        for (field, value) in group.as_mapping().into_iter().flatten() {
            if !matches!(field.as_str(), Some("name" | "rules")) {
                put(&mut fields, &as_written(field), value);
            }
        }
        file.groups.insert(name, fields);
    }
    Ok(file)
}

fn rule_of(rule: &Mapping, group: &str) -> WrittenRule {
    let mut fields = Fields::from([("group".to_owned(), group.to_owned())]);
    for (field, value) in rule {
        put(&mut fields, &as_written(field), value);
    }
    let name = fields.get("alert").or_else(|| fields.get("record"));
    let labels = fields.iter();
    let labels = labels.filter_map(|(field, value)| Some((field.strip_prefix("label ")?, value)));
    WrittenRule {
        name: name.cloned().unwrap_or_default(),
        labels: labels
            .map(|(label, value)| (label.to_owned(), value.clone()))
            .collect(),
        fields,
    }
}

/// The items of a list in a map; none if there is no such list.
fn list_in<'a>(map: &'a Value, field: &str) -> &'a [Value] {
    let list = map.get(field).and_then(Value::as_sequence);
    list.map_or(&[], Vec::as_slice)
}

/// A field that is a map is one field per key: `label severity`.
fn put(fields: &mut Fields, field: &str, value: &Value) {
    let Some(map) = value.as_mapping() else {
        // As if it were not written.
        if !value.is_null() {
            fields.insert(field.to_owned(), as_written(value));
        }
        return;
    };
    for (key, value) in map {
        let field = field.strip_suffix('s').unwrap_or(field);
        put(fields, &format!("{field} {}", as_written(key)), value);
    }
}

fn as_written(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => serde_yaml_ng::to_string(other)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r"
groups:
  - name: feed
    rules:
      - alert: Down
        expr: up == 0
        for: 1m
        labels: {severity: critical, cause: gone}
      - alert: Down
        expr: silent > 120
        labels: {severity: critical, cause: silent}
      - alert: Lag
        expr: |
          lag > 5
        labels: {severity: warning}
      - {record: a:b, expr: sum(x)}
";

    /// What changes if `from` becomes `to` in the text.
    fn changes(from: &str, to: &str) -> Vec<RuleChange> {
        assert!(RULES.contains(from), "{from}");
        let edited = RULES.replace(from, to);
        changed_rules(Path::new("r.yml"), RULES, &edited).unwrap()
    }

    fn changed(rule: &str, fields: &[(&str, Option<&str>, Option<&str>)]) -> Vec<RuleChange> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let fields = fields.iter().map(|(field, old, new)| FieldChange {
            field: (*field).to_owned(),
            old: owned(*old),
            new: owned(*new),
        });
        vec![RuleChange::Changed {
            rule: rule.to_owned(),
            fields: fields.collect(),
        }]
    }

    #[test]
    fn changed_field_is_named_with_the_labels_that_tell_its_rule_from_others_of_its_name() {
        assert_eq!(
            changes("for: 1m", "for: 2m"),
            changed("Down{cause=\"gone\"}", &[("for", Some("1m"), Some("2m"))])
        );
        assert_eq!(
            changes("lag > 5\n", "lag > 6\n        keep_firing_for: 5m\n"),
            changed(
                "Lag",
                &[
                    ("expr", Some("lag > 5"), Some("lag > 6")),
                    ("keep_firing_for", None, Some("5m")),
                ]
            )
        );
        assert_eq!(
            changes("severity: warning", "severity: critical"),
            changed(
                "Lag",
                &[("label severity", Some("warning"), Some("critical"))]
            )
        );
    }

    #[test]
    fn rule_is_added_or_removed_and_its_namesake_stays_the_same() {
        let gone = "      - alert: Down
        expr: up == 0
        for: 1m
        labels: {severity: critical, cause: gone}
";
        let rule = "Down{cause=\"gone\"}".to_owned();
        assert_eq!(
            changes(gone, ""),
            [RuleChange::Removed { rule: rule.clone() }]
        );
        let edited = RULES.replace(gone, "");
        let back = changed_rules(Path::new("r.yml"), &edited, RULES).unwrap();
        assert_eq!(back, [RuleChange::Added { rule }]);
    }

    #[test]
    fn rule_that_only_got_another_name_is_said_to_be_renamed() {
        assert_eq!(
            changes("alert: Lag", "alert: LagHigh"),
            changed("LagHigh", &[("alert", Some("Lag"), Some("LagHigh"))])
        );
    }

    #[test]
    fn change_of_a_group_is_said_once_and_not_of_each_of_its_rules() {
        assert_eq!(
            changes("  - name: feed\n", "  - name: feed\n    interval: 1m\n"),
            changed("group feed", &[("interval", None, Some("1m"))])
        );
    }

    #[test]
    fn comments_layout_and_the_order_of_rules_change_nothing() {
        for (from, to) in [
            ("expr: up == 0", "expr: up == 0 # gone"),
            ("expr: |\n          lag > 5\n", "expr: lag > 5\n"),
            (
                "        for: 1m\n",
                "        keep_firing_for:\n        for: '1m'\n",
            ),
        ] {
            assert_eq!(changes(from, to), [], "{to}");
        }
        let record = "      - {record: a:b, expr: sum(x)}\n";
        let moved = RULES.replace(record, "");
        let moved = moved.replace("    rules:\n", &format!("    rules:\n{record}"));
        assert_eq!(
            changed_rules(Path::new("r.yml"), RULES, &moved).unwrap(),
            []
        );
    }

    #[test]
    fn text_that_is_no_yaml_is_an_error_and_one_without_groups_has_no_rules() {
        let path = Path::new("r.yml");
        let error = changed_rules(path, RULES, "groups: [").unwrap_err();
        assert!(
            error.to_string().starts_with("failed to read r.yml: "),
            "{error}"
        );
        let gone = changed_rules(path, RULES, "").unwrap();
        assert_eq!(gone.len(), 4, "{gone:?}");
    }
}
