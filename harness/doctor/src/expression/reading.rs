//! What expressions are read with: what is known of metrics, and what the project's rules record.

mod guess;
mod labels_of_exporters;
mod modes_of_cores;
mod part_of_whole;
mod samples;
mod shape;
mod targets;
mod values;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{Expr, VectorSelector};

use super::{Interval, name_of};

use crate::case::Case;
use crate::checkout::{Checkout, Job, Rule, RuleKind};
use crate::knowledge::{Knowledge, Known, MetricKind};
pub(crate) use guess::Guess;
pub(crate) use samples::Samples;
pub(crate) use shape::Shape;
pub(crate) use values::is_time_since_1970;

/// Words in the names of what goes up and down, even where they end with `_total`.
const AMOUNTS: &[&str] = &[
    "active",
    "applied",
    "available",
    "capacity",
    "cluster",
    "connected",
    "current",
    "disk",
    "free",
    "heap",
    "idle",
    "mem",
    "memory",
    "offline",
    "online",
    "open",
    "pending",
    "size",
    "space",
    "storage",
    "swap",
    "unapplied",
    "uptime",
    "usage",
    "used",
    "waiting",
];

/// What expressions are read with.
pub(crate) struct Reading<'a> {
    pub(crate) checkout: &'a Checkout,
    pub(crate) knowledge: &'a Knowledge,
    recorded: HashMap<&'a str, Vec<&'a Rule>>,
    /// Of recorded metrics. One that is being found out is unknown: rules may read each other.
    pub(super) shapes: RefCell<HashMap<String, Shape>>,
    pub(super) values: RefCell<HashMap<String, Interval>>,
    known: RefCell<HashMap<String, Known<'a>>>,
    depth: Cell<usize>,
}

/// The most recorded metrics that read each other and are looked through.
const DEEPEST: usize = 32;

/// That a recorded metric is being looked through.
pub(super) struct Deeper<'a>(&'a Cell<usize>);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn of(case: &'a Case<'_>) -> Self {
        let mut recorded: HashMap<_, Vec<_>> = HashMap::new();
        for rule in case.checkout.rules() {
            if rule.kind == RuleKind::Recording {
                let of_name = recorded.entry(rule.name.text.as_str()).or_default();
                of_name.push(rule);
            }
        }
        Self {
            checkout: case.checkout,
            knowledge: case.knowledge,
            recorded,
            shapes: RefCell::default(),
            values: RefCell::default(),
            known: RefCell::default(),
            depth: Cell::new(0),
        }
    }

    /// One step into a recorded metric; none if that is too deep.
    pub(super) fn deeper(&self) -> Option<Deeper<'_>> {
        let depth = self.depth.get();
        (depth < DEEPEST).then(|| {
            self.depth.set(depth + 1);
            Deeper(&self.depth)
        })
    }

    /// The rules that record a metric.
    pub(crate) fn recorders(&self, name: &str) -> &[&'a Rule] {
        self.recorded.get(name).map_or(&[][..], Vec::as_slice)
    }

    /// Whether a metric comes from rules: the project's own, or, by its name, somebody else's.
    pub(crate) fn is_recorded(&self, name: &str) -> bool {
        name.contains(':') || self.recorded.contains_key(name)
    }

    /// The expression behind a selector that is nothing but the name of a recorded metric.
    pub(crate) fn recorded_expression(&self, selector: &VectorSelector) -> Option<&'a Expr> {
        let is_bare = selector.matchers.matchers.is_empty()
            && selector.matchers.or_matchers.is_empty()
            && selector.offset.is_none()
            && selector.at.is_none();
        let [rule] = self.recorders(name_of(selector)?) else {
            return None;
        };
        let has_own_labels = !rule.labels.is_empty();
        (is_bare && !has_own_labels)
            .then_some(rule.expression.parsed.as_ref().ok())
            .flatten()
    }

    /// What is known of a metric. To find that out may take long, so it is kept.
    pub(super) fn metric(&self, name: &str) -> Known<'a> {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let known = self.knowledge.metric(name);
        let mut all = self.known.borrow_mut();
        all.insert(name.to_owned(), known.clone());
        known
    }

    /// What a metric is, and whether that is known from what exports it rather than from its name.
    pub(crate) fn kind(&self, name: &str) -> Option<(MetricKind, bool)> {
        if self.is_recorded(name) {
            return None;
        }
        let kind = self.knowledge.kind_of(name)?;
        let is_known = matches!(self.metric(name), Known::There(_));
        let may_be_misnamed = name.split('_').any(|word| AMOUNTS.contains(&word));
        (is_known || !may_be_misnamed).then_some((kind, is_known))
    }

    /// The scrape jobs whose metrics a selector can read; `None` if that is not known.
    pub(crate) fn jobs(&self, selector: &VectorSelector) -> Option<Vec<&'a Job>> {
        let all = &self.checkout.prometheus.as_ref()?.jobs;
        let matchers = selector.matchers.find_matchers("job");
        let is_named = |matcher: &Matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_));
        let fits = |job: &Job| {
            matchers
                .iter()
                .all(|matcher| matcher.is_match(&job.name.text))
        };
        if matchers.iter().any(is_named) {
            let named: Vec<_> = all.iter().filter(|job| fits(job)).collect();
            return (!named.is_empty()).then_some(named);
        }
        let names = self.jobs_of(name_of(selector)?)?;
        let exporting: Vec<_> = all
            .iter()
            .filter(|job| names.contains(job.name.text.as_str()) && fits(job))
            .collect();
        (!exporting.is_empty()).then_some(exporting)
    }

    /// The names of the jobs under which a metric is scraped; `None` if that is not known.
    pub(super) fn jobs_of(&self, name: &str) -> Option<BTreeSet<&'a str>> {
        if self.is_recorded(name) {
            return None;
        }
        let Known::There(families) = self.metric(name) else {
            return None;
        };
        let mut names = BTreeSet::new();
        for family in families {
            if family.jobs.is_empty() {
                return None;
            }
            names.extend(family.jobs.iter().map(String::as_str));
        }
        Some(names)
    }
}
