//! The files that a rule set changes.

use std::path::Path;

use super::RuleSet;

/// The texts of the committed files, or what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) rules: String,
    pub(crate) routes: String,
    pub(crate) prometheus: String,
}

impl Files {
    pub(crate) fn committed() -> Self {
        let text = |file: &str| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(root.join(file)).unwrap()
        };
        Self {
            rules: text("docker/prometheus/alert_rules.yml"),
            routes: text("docker/alertmanager/alertmanager.yml"),
            prometheus: text("docker/prometheus/prometheus.yml"),
        }
    }

    /// The same, changed as `rule_set` says; the error is what is not there to be replaced.
    pub(crate) fn with(&self, rule_set: &RuleSet) -> Result<Self, String> {
        let rules = rule_set.rules_instead.as_ref().unwrap_or(&self.rules);
        Ok(Self {
            rules: replaced(rules, &rule_set.rules)?,
            routes: replaced(&self.routes, &rule_set.routes)?,
            prometheus: replaced(&self.prometheus, &rule_set.prometheus)?,
        })
    }
}

/// The text in which of each change the first `replace` after the first `after` is replaced.
fn replaced(text: &str, changes: &[[String; 3]]) -> Result<String, String> {
    let mut text = text.to_owned();
    for [after, replace, by] in changes {
        let Some((before, rest)) = text.split_once(after) else {
            return Err(format!("nothing says `{after}` any more"));
        };
        if !rest.contains(replace) {
            return Err(format!("nothing after `{after}` says `{replace}` any more"));
        }
        text = format!("{before}{after}{}", rest.replacen(replace, by, 1));
    }
    Ok(text)
}
