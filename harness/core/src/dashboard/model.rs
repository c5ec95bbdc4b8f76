//! The part of a Grafana dashboard's JSON that says what is asked and shown
//! ("JSON model" in <https://grafana.com/docs/grafana/v11.5/dashboards/build-dashboards/>).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::history::PanelState;
use crate::Labels;
use crate::promql::metrics_of;
use crate::{Error, Result};

/// A dashboard, its variables put in.
#[derive(Clone, Debug, PartialEq)]
pub struct Dashboard {
    /// Its title.
    pub title: String,
    /// Its panels in their order, those inside of rows among them, the rows themselves apart.
    pub panels: Vec<Panel>,
    /// What its annotations ask.
    pub annotations: Vec<PanelQuery>,
    /// What its variables ask: `label_values(metric, label)`.
    pub variables: Vec<String>,
}

/// A panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// Grafana's name of its kind: `timeseries`, `stat` …
    pub kind: String,
    /// What is written on it for a reader who wants to know more.
    pub description: String,
    /// Grafana's name of the unit of its values.
    pub unit: Option<String>,
    /// What it asks.
    pub queries: Vec<PanelQuery>,
    /// From where on its values are shown in another colour, the lowest apart.
    pub thresholds: Vec<f64>,
    /// What its values stand for, if they are no numbers but states.
    pub states: Vec<PanelState>,
    /// Where its links lead.
    pub links: Vec<String>,
}

/// A query of a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelQuery {
    /// `PromQL`.
    pub expr: String,
    /// The name of each series, with `{{label}}` for the value of a label.
    pub legend: String,
}

#[derive(Deserialize)]
struct BoardJson {
    title: String,
    panels: Vec<PanelJson>,
    #[serde(default)]
    templating: List<VariableJson>,
    #[serde(default)]
    annotations: List<AnnotationJson>,
}

#[derive(Deserialize)]
struct List<T> {
    list: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { list: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PanelJson {
    #[serde(default)]
    title: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    targets: Vec<TargetJson>,
    #[serde(default)]
    panels: Vec<PanelJson>,
    #[serde(default)]
    links: Vec<LinkJson>,
    #[serde(default)]
    field_config: FieldConfigJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetJson {
    #[serde(default)]
    expr: String,
    #[serde(default)]
    legend_format: String,
}

#[derive(Deserialize)]
struct LinkJson {
    #[serde(default)]
    url: String,
}

#[derive(Default, Deserialize)]
struct FieldConfigJson {
    #[serde(default)]
    defaults: DefaultsJson,
}

#[derive(Default, Deserialize)]
struct DefaultsJson {
    unit: Option<String>,
    #[serde(default)]
    thresholds: ThresholdsJson,
    #[serde(default)]
    mappings: Vec<MappingJson>,
}

#[derive(Deserialize)]
struct MappingJson {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    options: serde_json::Value,
}

#[derive(Default, Deserialize)]
struct ThresholdsJson {
    #[serde(default)]
    steps: Vec<StepJson>,
}

#[derive(Deserialize)]
struct StepJson {
    value: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VariableJson {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    all_value: Option<String>,
    query: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnnotationJson {
    expr: Option<String>,
    #[serde(default)]
    title_format: String,
}

impl Dashboard {
    /// The dashboard in `json`, which is the file `path`.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if it is no dashboard or uses a variable that it does not have.
    pub fn in_file(path: &Path, json: &str) -> Result<Self> {
        let what = format!("the dashboard {}", path.display());
        Self::parse(json).map_err(|reason| Error::BadDescription { what, reason })
    }

    /// Reads a dashboard's JSON. A variable stands for all of its values, a constant for its own.
    ///
    /// # Errors
    /// Why it is no dashboard.
    ///
    /// ```
    /// use alertdrill_core::dashboard::Dashboard;
    ///
    /// let json = r#"{"title": "K2", "panels": [
    ///     {"type": "stat", "title": "up", "targets": [{"expr": "up{job=~\"$job\"}"}]}],
    ///     "templating": {"list": [{"name": "job", "type": "query", "allValue": ".*"}]}}"#;
    /// let dashboard = Dashboard::parse(json)?;
    /// assert_eq!(dashboard.panels[0].queries[0].expr, r#"up{job=~".*"}"#);
    /// # Ok::<(), String>(())
    /// ```
    pub fn parse(json: &str) -> std::result::Result<Self, String> {
        let board: BoardJson = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let variables = board.templating.list.iter();
        let values = variables.map(|variable| (variable.name.as_str(), variable.value()));
        let values: BTreeMap<_, _> = values.collect();
        let mut panels = Vec::new();
        for panel in with_those_inside(board.panels) {
            let in_panel = |reason| format!("panel `{}`: {reason}", panel.title);
            panels.push(panel.expanded(&values).map_err(in_panel)?);
        }
        let mut annotations = Vec::new();
        for annotation in board.annotations.list {
            if let Some(expr) = annotation.expr {
                annotations.push(PanelQuery {
                    expr: expand(&expr, &values)?,
                    legend: annotation.title_format,
                });
            }
        }
        let variables = board.templating.list.iter();
        let asked = variables.filter(|variable| variable.kind == "query");
        Ok(Self {
            title: board.title,
            panels,
            annotations,
            variables: asked.map(VariableJson::asks).collect(),
        })
    }
}

impl PanelQuery {
    /// The metrics that it reads.
    ///
    /// # Errors
    /// Why it is no `PromQL`.
    pub fn metrics(&self) -> std::result::Result<BTreeSet<String>, String> {
        metrics_of(&self.expr)
    }

    /// The name of a series with these labels, as its legend says.
    #[must_use]
    pub fn name_of(&self, labels: &Labels) -> String {
        let mut parts = self.legend.split("{{");
        let mut name = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (label, rest) = part.split_once("}}").unwrap_or((part, ""));
            name += labels.get(label.trim()).map_or("", String::as_str);
            name += rest;
        }
        name
    }

    /// The labels that its legend names.
    #[must_use]
    pub fn legend_labels(&self) -> Vec<&str> {
        let parts = self.legend.split("{{").skip(1);
        let labels = parts.filter_map(|part| part.split_once("}}"));
        labels.map(|(label, _)| label.trim()).collect()
    }
}

fn with_those_inside(panels: Vec<PanelJson>) -> Vec<PanelJson> {
    let mut all = Vec::new();
    for mut panel in panels {
        let inside = std::mem::take(&mut panel.panels);
        if panel.kind != "row" {
            all.push(panel);
        }
        all.extend(with_those_inside(inside));
    }
    all
}

impl PanelJson {
    fn expanded(&self, values: &BTreeMap<&str, String>) -> std::result::Result<Panel, String> {
        let mut queries = Vec::new();
        for target in &self.targets {
            queries.push(PanelQuery {
                expr: expand(&target.expr, values)?,
                legend: target.legend_format.clone(),
            });
        }
        let mut links = Vec::new();
        for link in &self.links {
            links.push(expand(&link.url, values)?);
        }
        let defaults = &self.field_config.defaults;
        let steps = defaults.thresholds.steps.iter();
        Ok(Panel {
            title: self.title.clone(),
            kind: self.kind.clone(),
            description: self.description.clone(),
            unit: defaults.unit.clone(),
            queries,
            thresholds: steps.filter_map(|step| step.value).collect(),
            states: defaults.mappings.iter().flat_map(states).collect(),
            links,
        })
    }
}

/// The states that a mapping of single values names; none of a mapping of another kind.
fn states(mapping: &MappingJson) -> Vec<PanelState> {
    let options = mapping.options.as_object();
    let options = options.filter(|_| mapping.kind == "value");
    let state = |(value, shown): (&String, &serde_json::Value)| {
        let text = |key: &str| shown.get(key)?.as_str().map(str::to_owned);
        Some(PanelState {
            value: value.parse().ok()?,
            name: text("text")?,
            colour: text("color").unwrap_or_default(),
        })
    };
    options.into_iter().flatten().filter_map(state).collect()
}

impl VariableJson {
    fn value(&self) -> String {
        match self.kind.as_str() {
            "constant" | "textbox" => self.asks(),
            _ => self.all_value.clone().unwrap_or_else(|| ".*".to_owned()),
        }
    }

    fn asks(&self) -> String {
        let query = self.query.as_ref();
        let text = query.and_then(|query| query.as_str().or_else(|| query.get("query")?.as_str()));
        text.unwrap_or_default().to_owned()
    }
}

/// Puts the values of variables in, written as `$name`, `${name}` or `${name:format}`
/// (<https://grafana.com/docs/grafana/v11.5/dashboards/variables/variable-syntax/>).
fn expand(text: &str, values: &BTreeMap<&str, String>) -> std::result::Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded += before;
        let in_braces = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'));
        let (name, left) = if let Some((inside, left)) = in_braces {
            let name = inside.split_once(':').map_or(inside, |(name, _)| name);
            (name, left)
        } else {
            let name_ends = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            after.split_at(name_ends.unwrap_or(after.len()))
        };
        let unknown = || format!("there is no variable `{name}`, which `{text}` uses");
        expanded += values.get(name).ok_or_else(unknown)?;
        rest = left;
    }
    Ok(expanded + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<&'static str, String> {
        [
            ("exchange", ".*".to_owned()),
            ("runbooks", "/public/runbooks".to_owned()),
        ]
        .into()
    }

    #[test]
    fn variable_in_each_of_its_spellings_is_put_in() {
        let text =
            r#"a{exchange=~"$exchange"} / b{exchange=~"${exchange}", c=~"${exchange:regex}"}"#;
        assert_eq!(
            expand(text, &values()).unwrap(),
            r#"a{exchange=~".*"} / b{exchange=~".*", c=~".*"}"#
        );
        assert_eq!(
            expand("${runbooks}/A.md", &values()).unwrap(),
            "/public/runbooks/A.md"
        );
    }

    #[test]
    fn variable_that_is_not_there_is_named() {
        let error = expand("rate(a[$__rate_interval])", &values()).unwrap_err();
        assert!(error.contains("no variable `__rate_interval`"), "{error}");
    }

    #[test]
    fn panels_inside_of_rows_are_found_and_rows_are_none() {
        let json = r#"{"title": "t", "panels": [
            {"type": "row", "panels": [{"type": "stat", "title": "inside"}]},
            {"type": "gauge", "title": "beside", "fieldConfig": {"defaults":
                {"thresholds": {"steps": [{"value": null}, {"value": 30}]}}}}]}"#;
        let panels = Dashboard::parse(json).unwrap().panels;
        let titles: Vec<_> = panels.iter().map(|panel| panel.title.as_str()).collect();
        assert_eq!(titles, ["inside", "beside"]);
        assert_eq!(panels[1].thresholds, [30.0]);
    }

    #[test]
    fn query_names_its_metrics_and_its_legend_its_labels() {
        let query = PanelQuery {
            expr: "sum by (a) (rate(x_total[1m])) or 0 * y".into(),
            legend: "{{a}} of {{ b }}".into(),
        };
        assert_eq!(
            query.metrics().unwrap(),
            ["x_total".to_owned(), "y".to_owned()].into()
        );
        assert_eq!(query.legend_labels(), ["a", "b"]);
        let labels = [("a", "lag"), ("b", "okx")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        assert_eq!(query.name_of(&labels), "lag of okx");
    }

    #[test]
    fn panel_names_the_states_that_its_values_stand_for() {
        let json = r#"{"title": "K2", "panels": [{"type": "stat", "title": "Feed", "fieldConfig":
            {"defaults": {"mappings": [
                {"type": "value", "options": {"2": {"text": "alert", "color": "red"}}},
                {"type": "range", "options": {"from": 3, "result": {"text": "odd"}}}]}}}]}"#;
        let states = Dashboard::parse(json).unwrap().panels.remove(0).states;
        let alert = PanelState {
            value: 2.0,
            name: "alert".to_owned(),
            colour: "red".to_owned(),
        };
        assert_eq!(states, [alert]);
    }
}
