//! Which labels the series of a result can have.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_project::yaml_tree::Node;
use promql_parser::label::{METRIC_NAME, MatchOp, Matcher};
use promql_parser::parser::token::T_COUNT_VALUES;
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, StringLiteral, VectorMatchCardinality,
    VectorSelector,
};

use super::Reading;
use super::labels_of_exporters::always_there;
use crate::checkout::{Job, Rule, Target};
use crate::expression::parts::{is_vector, selector};
use crate::expression::{Operator, argument, bare, name_of};
use crate::knowledge::Known;

/// Which labels the series of a result can have. The metric's name is none of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Each series has them.
    pub(crate) always: BTreeSet<String>,
    /// No series has any others; `None` if others are not known.
    pub(crate) possible: Option<BTreeSet<String>>,
    /// No series has them.
    pub(crate) never: BTreeSet<String>,
    /// What each series' labels match.
    pub(crate) matchers: Vec<Matcher>,
    /// All values that a label can have.
    pub(crate) values: BTreeMap<String, BTreeSet<String>>,
    /// Whether it is one series at most.
    pub(crate) is_one: bool,
}

impl Shape {
    /// Whether a series can have the label.
    pub(crate) fn can_have(&self, label: &str) -> bool {
        let possible = self.possible.as_ref();
        !self.never.contains(label) && possible.is_none_or(|names| names.contains(label))
    }

    /// One series without labels.
    fn one() -> Self {
        Self {
            possible: Some(BTreeSet::new()),
            is_one: true,
            ..Self::default()
        }
    }

    /// The labels that `keeps` takes.
    fn only(mut self, keeps: impl Fn(&str) -> bool) -> Self {
        self.always.retain(|label| keeps(label));
        self.matchers.retain(|matcher| keeps(&matcher.name));
        self.values.retain(|label, _| keeps(label));
        if let Some(possible) = &mut self.possible {
            possible.retain(|label| keeps(label));
        }
        self
    }

    fn with_only(self, labels: &BTreeSet<&str>) -> Self {
        let possible = labels.iter().filter(|label| self.can_have(label));
        let possible = Some(possible.map(|label| (*label).to_owned()).collect());
        let kept = self.only(|label| labels.contains(label));
        Self {
            possible,
            never: BTreeSet::new(),
            is_one: kept.is_one || labels.is_empty(),
            ..kept
        }
    }

    fn without(self, labels: &BTreeSet<&str>) -> Self {
        let mut kept = self.only(|label| !labels.contains(label));
        kept.never
            .extend(labels.iter().map(|label| (*label).to_owned()));
        kept
    }

    /// Another label, whose value is not known, and which may stay empty.
    fn maybe_with(self, label: &str) -> Self {
        let mut more = self.only(|name| name != label);
        more.never.remove(label);
        if let Some(possible) = &mut more.possible {
            possible.insert(label.to_owned());
        }
        more
    }

    /// What can be in one of them.
    fn or(self, other: &Self) -> Self {
        let mut values = self.values;
        values.retain(|label, these| {
            let Some(those) = other.values.get(label) else {
                return false;
            };
            these.extend(those.iter().cloned());
            true
        });
        let possible = self.possible.zip(other.possible.as_ref());
        Self {
            always: self.always.intersection(&other.always).cloned().collect(),
            possible: possible.map(|(these, those)| these.union(those).cloned().collect()),
            never: self
                .never
                .into_iter()
                .filter(|label| !other.can_have(label))
                .collect(),
            matchers: self
                .matchers
                .into_iter()
                .filter(|matcher| other.matchers.contains(matcher))
                .collect(),
            values,
            is_one: false,
        }
    }
}

/// Whether the `instance` of a job's metrics is the address of a target as it is written.
fn has_plain_instances(job: &Job) -> bool {
    let own = ["relabel_configs", "metric_relabel_configs", "honor_labels"];
    let may_be_other = own.iter().any(|key| job.node.get(key).is_some());
    let has_port = |address: &str| {
        let port = address.rsplit_once(':').map(|(_, port)| port);
        port.is_some_and(|port| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()))
    };
    let is_plain = |target: &Target| {
        let mut labels = target.labels.iter();
        has_port(&target.address.text) && !labels.any(|(name, _)| name.text == "instance")
    };
    !may_be_other && !job.finds_targets && job.targets.iter().all(is_plain)
}

impl Reading<'_> {
    /// Which labels the series of a vector can have.
    pub(crate) fn shape(&self, expr: &Expr) -> Shape {
        match bare(expr) {
            Expr::VectorSelector(selector) => self.shape_of_selector(selector),
            Expr::MatrixSelector(matrix) => self.shape_of_selector(&matrix.vs),
            Expr::Aggregate(aggregate) => self.shape_of_aggregate(aggregate),
            Expr::Unary(unary) => self.shape(&unary.expr),
            Expr::Subquery(subquery) => self.shape(&subquery.expr),
            Expr::Binary(binary) => self.shape_of_binary(binary),
            Expr::Call(call) => self.shape_of_call(call),
            _ => Shape::default(),
        }
    }

    fn shape_of_selector(&self, selector: &VectorSelector) -> Shape {
        let mut shape = self.shape_of_metric(selector);
        if !selector.matchers.or_matchers.is_empty() {
            return shape;
        }
        for matcher in &selector.matchers.matchers {
            if matcher.name == METRIC_NAME {
                continue;
            }
            let is_empty = matches!(matcher.op, MatchOp::Equal) && matcher.value.is_empty();
            if is_empty {
                shape.never.insert(matcher.name.clone());
            } else if !matcher.is_match("") {
                shape.always.insert(matcher.name.clone());
                shape.never.remove(&matcher.name);
            }
            shape.matchers.push(matcher.clone());
        }
        shape
    }

    /// The shape of a metric before its matchers.
    fn shape_of_metric(&self, selector: &VectorSelector) -> Shape {
        let Some(name) = name_of(selector) else {
            return Shape::default();
        };
        if !self.recorders(name).is_empty() {
            return self.shape_of_recorded(name);
        }
        if name.contains(':') {
            return Shape::default();
        }
        let possible = self.knowledge.labels_of(selector);
        let names = if name == "ALERTS" || name == "ALERTS_FOR_STATE" {
            ["alertname", "alertname"]
        } else {
            ["job", "instance"]
        };
        let can_have = |label: &&str| {
            let possible = possible.as_ref();
            possible.is_none_or(|possible| possible.contains(*label))
        };
        let always = names.iter().filter(|label| can_have(label));
        // Where the labels are known, some by a pattern, nothing else exports it.
        let is_known = possible.is_some() || self.knowledge.label_values_of(selector).is_some();
        let own = self.own_labels(name).filter(|_| is_known);
        let listed = always_there(name).filter(|label| is_known && can_have(label));
        let listed = listed.map(str::to_owned);
        let own: Vec<_> = own.unwrap_or_default().into_iter().chain(listed).collect();
        let mut values = BTreeMap::new();
        let jobs = self.jobs_of(name).filter(|_| is_known);
        if let (Some(jobs), false) = (jobs, self.renames_jobs()) {
            let asked = self.jobs(selector).unwrap_or_default();
            if asked.iter().all(|job| has_plain_instances(job)) && !asked.is_empty() {
                let targets = asked.iter().flat_map(|job| &job.targets);
                let instances = targets.map(|target| target.address.text.clone());
                values.insert("instance".to_owned(), instances.collect());
            }
            let jobs = jobs.into_iter().map(str::to_owned).collect();
            values.insert("job".to_owned(), jobs);
        }
        Shape {
            always: always.map(|label| (*label).to_owned()).chain(own).collect(),
            possible,
            values,
            ..Shape::default()
        }
    }

    /// The labels that a program gives to each series of a metric, by its own source.
    fn own_labels(&self, name: &str) -> Option<BTreeSet<String>> {
        let Known::There(families) = self.metric(name) else {
            return None;
        };
        let each = families.into_iter().map(|family| {
            // `app/shop.py:12`: what exporters give is told by their names.
            let is_source = family.origin.contains(':');
            let labels = family.labels.as_ref().filter(|_| is_source)?;
            Some(labels.keys().cloned().collect::<BTreeSet<_>>())
        });
        let each: Option<Vec<_>> = each.collect();
        let common = each?.into_iter().reduce(|common, own| &common & &own)?;
        let names = common.into_iter().filter(|label| !label.ends_with('*'));
        Some(names.collect())
    }

    /// Whether a job's metrics may have another `job` than its name.
    fn renames_jobs(&self) -> bool {
        let jobs = self.checkout.prometheus.iter().flat_map(|them| &them.jobs);
        jobs.into_iter().any(|job| {
            let keys = ["relabel_configs", "metric_relabel_configs"];
            let relabelled = keys.iter().filter_map(|key| job.node.get(key));
            let mut rules = relabelled.flat_map(Node::items);
            let mut labels = job.targets.iter().flat_map(|target| &target.labels);
            job.node.text_at(&["honor_labels"]) == Some("true")
                || rules.any(|rule| rule.text_at(&["target_label"]) == Some("job"))
                || labels.any(|(name, _)| name.text == "job")
        })
    }

    fn shape_of_recorded(&self, name: &str) -> Shape {
        if let Some(known) = self.shapes.borrow().get(name) {
            return known.clone();
        }
        let Some(_deeper) = self.deeper() else {
            return Shape::default();
        };
        let unknown = Shape::default();
        self.shapes.borrow_mut().insert(name.to_owned(), unknown);
        let mut rules = self.recorders(name).iter();
        let first = rules.next().map(|rule| self.shape_of_rule(rule));
        let shape = rules.fold(first.unwrap_or_default(), |shape, rule| {
            shape.or(&self.shape_of_rule(rule))
        });
        let mut shapes = self.shapes.borrow_mut();
        shapes.insert(name.to_owned(), shape.clone());
        shape
    }

    fn shape_of_rule(&self, rule: &Rule) -> Shape {
        let Ok(expr) = &rule.expression.parsed else {
            return Shape::default();
        };
        let mut shape = self.shape(expr);
        for (label, value) in &rule.labels {
            shape = shape.maybe_with(&label.text);
            if !value.text.is_empty() && !value.text.contains("{{") {
                shape.always.insert(label.text.clone());
                let values = [value.text.clone()].into();
                shape.values.insert(label.text.clone(), values);
            }
        }
        shape
    }

    fn shape_of_aggregate(&self, aggregate: &AggregateExpr) -> Shape {
        let inner = self.shape(&aggregate.expr);
        let op = aggregate.op.to_string();
        if matches!(op.as_str(), "topk" | "bottomk" | "limitk" | "limit_ratio") {
            return inner;
        }
        let labels = aggregate.modifier.as_ref().map(LabelModifier::labels);
        let labels = labels.map(|labels| labels.labels.iter().map(String::as_str).collect());
        let labels: BTreeSet<&str> = labels.unwrap_or_default();
        let shape = match &aggregate.modifier {
            Some(LabelModifier::Exclude(_)) => inner.without(&labels),
            _ => inner.with_only(&labels),
        };
        match aggregate.param.as_deref().map(bare) {
            Some(Expr::StringLiteral(StringLiteral { val }))
                if aggregate.op.id() == T_COUNT_VALUES =>
            {
                let mut shape = shape.maybe_with(val);
                shape.always.insert(val.clone());
                shape.is_one = false;
                shape
            }
            _ => shape,
        }
    }

    fn shape_of_call(&self, call: &Call) -> Shape {
        let texts = |from: usize| {
            let texts = call.args.args.iter().skip(from);
            texts.filter_map(|text| match bare(text) {
                Expr::StringLiteral(text) => Some(text.val.as_str()),
                _ => None,
            })
        };
        let Some(of) = argument(call) else {
            return Shape::one();
        };
        match call.func.name {
            "absent" | "absent_over_time" => shape_of_absent(of),
            "histogram_quantile" | "histogram_fraction" => self.shape(of).without(&["le"].into()),
            "label_replace" | "label_join" => match texts(1).next() {
                Some(label) => self.shape(of).maybe_with(label),
                None => Shape::default(),
            },
            "info" | "histogram_quantiles" => Shape::default(),
            _ => self.shape(of),
        }
    }

    fn shape_of_binary(&self, binary: &BinaryExpr) -> Shape {
        let operator = Operator::of(binary);
        match (is_vector(&binary.lhs), is_vector(&binary.rhs)) {
            (true, true) => {}
            (false, true) => return self.shape(&binary.rhs),
            _ => return self.shape(&binary.lhs),
        }
        match operator {
            Operator::Or => return self.shape(&binary.lhs).or(&self.shape(&binary.rhs)),
            Operator::And | Operator::Unless => return self.shape(&binary.lhs),
            _ => {}
        }
        let modifier = binary.modifier.as_ref();
        let added = |shape: Shape, labels: &[String]| {
            labels
                .iter()
                .fold(shape, |shape, label| shape.maybe_with(label))
        };
        match modifier.map(|modifier| &modifier.card) {
            Some(VectorMatchCardinality::ManyToOne(labels)) => {
                added(self.shape(&binary.lhs), &labels.labels)
            }
            Some(VectorMatchCardinality::OneToMany(labels)) => {
                added(self.shape(&binary.rhs), &labels.labels)
            }
            _ => {
                let left = self.shape(&binary.lhs);
                let labels = |labels: &'_ promql_parser::label::Labels| -> BTreeSet<String> {
                    labels.labels.iter().cloned().collect()
                };
                match modifier.and_then(|modifier| modifier.matching.as_ref()) {
                    Some(LabelModifier::Include(on)) => {
                        let on = labels(on);
                        left.with_only(&on.iter().map(String::as_str).collect())
                    }
                    Some(LabelModifier::Exclude(ignored)) => {
                        let ignored = labels(ignored);
                        left.without(&ignored.iter().map(String::as_str).collect())
                    }
                    None => left,
                }
            }
        }
    }
}

/// `absent(x{a="1"})` gives one series with the labels that are asked for plainly and once.
fn shape_of_absent(of: &Expr) -> Shape {
    let mut shape = Shape::one();
    let Some(selector) = selector(of) else {
        return shape;
    };
    for matcher in &selector.matchers.matchers {
        let asked = selector.matchers.find_matchers(&matcher.name).len();
        let is_plain = matches!(matcher.op, MatchOp::Equal) && !matcher.value.is_empty();
        if is_plain && asked == 1 && matcher.name != METRIC_NAME {
            shape.always.insert(matcher.name.clone());
            shape
                .possible
                .get_or_insert_default()
                .insert(matcher.name.clone());
            shape.matchers.push(matcher.clone());
        }
    }
    shape
}
