//! Which values a result can have.

use promql_parser::parser::{AggregateExpr, BinaryExpr, Call, Expr};

use super::Reading;
use super::guess::Guess;
use super::modes_of_cores::mean_over_modes;
use super::part_of_whole::is_part_of_whole;
use crate::expression::parts::{constant, is_vector, range_of, selector};
use crate::expression::{Interval, Operator, argument, bare, first_name, name_of, same};
use crate::knowledge::{Domain, Known, MetricKind};

/// The values of functions that have them whatever they are asked about.
const OF_FUNCTIONS: &[(&str, f64, f64)] = &[
    ("absent", 1.0, 1.0),
    ("absent_over_time", 1.0, 1.0),
    ("present_over_time", 1.0, 1.0),
    ("stddev_over_time", 0.0, f64::INFINITY),
    ("stdvar_over_time", 0.0, f64::INFINITY),
    ("hour", 0.0, 23.0),
    ("minute", 0.0, 59.0),
    ("day_of_week", 0.0, 6.0),
    ("day_of_month", 1.0, 31.0),
    ("day_of_year", 1.0, 366.0),
    ("days_in_month", 28.0, 31.0),
    ("month", 1.0, 12.0),
    ("year", 1970.0, 9999.0),
    ("time", 1e9, 1e11),
    ("timestamp", 0.0, 1e11),
    ("sgn", -1.0, 1.0),
    ("sqrt", 0.0, f64::INFINITY),
    ("histogram_fraction", 0.0, 1.0),
];

/// The functions that give no other values than they are given.
const SAME_VALUES: &[&str] = &[
    "avg_over_time",
    "first_over_time",
    "last_over_time",
    "max_over_time",
    "min_over_time",
    "quantile_over_time",
    "label_join",
    "label_replace",
    "sort",
    "sort_by_label",
    "sort_by_label_desc",
    "sort_desc",
    "vector",
    "scalar",
];

/// Metrics that are 0 or 1, whoever exports them.
const TRUTHS: &[&str] = &["up", "probe_success", "probe_http_ssl"];

/// Counters of seconds that grow by one a second at most.
const SECONDS_OF_SECONDS: &[&str] = &[
    "node_cpu_seconds_total",
    "node_cpu",
    "node_disk_io_time_seconds_total",
    "node_pressure_cpu_waiting_seconds_total",
    "node_pressure_io_waiting_seconds_total",
    "node_pressure_io_stalled_seconds_total",
    "node_pressure_memory_waiting_seconds_total",
    "node_pressure_memory_stalled_seconds_total",
];

/// Metrics whose values are seconds since 1970.
const SINCE_1970: &[&str] = &[
    "container_last_seen",
    "container_start_time_seconds",
    "node_boot_time_seconds",
    "node_time_seconds",
    "probe_ssl_earliest_cert_expiry",
    "process_start_time_seconds",
    "ssl_cert_not_after",
    "x509_cert_not_after",
];

/// Whether a metric's values are seconds since 1970.
pub(crate) fn is_time_since_1970(reading: &Reading<'_>, name: &str) -> bool {
    SINCE_1970.contains(&name)
        || name.ends_with("_timestamp_seconds")
        || name.ends_with("_timestamp")
        || families_agree(reading, name, |domain| domain == Domain::UnixSeconds)
}

fn families_agree(reading: &Reading<'_>, name: &str, agrees: impl Fn(Domain) -> bool) -> bool {
    match reading.metric(name) {
        Known::There(families) => families
            .iter()
            .all(|family| family.domain.is_some_and(&agrees)),
        _ => false,
    }
}

impl Reading<'_> {
    /// Which values a number or the series of a vector can have.
    pub(crate) fn values(&self, expr: &Expr, guess: Guess) -> Interval {
        if let Some(number) = constant(expr) {
            return Interval::between(number, number);
        }
        match bare(expr) {
            Expr::VectorSelector(selector) => self.values_of_metric(name_of(selector), guess),
            Expr::MatrixSelector(matrix) => self.values_of_metric(name_of(&matrix.vs), guess),
            Expr::Unary(unary) => self.values(&unary.expr, guess).negated(),
            Expr::Subquery(subquery) => self.values(&subquery.expr, guess),
            Expr::Aggregate(aggregate) => self.values_of_aggregate(aggregate, guess),
            Expr::Call(call) => self.values_of_call(call, guess),
            Expr::Binary(binary) => self.values_of_binary(binary, guess),
            _ => Interval::ANY,
        }
    }

    fn values_of_metric(&self, name: Option<&str>, guess: Guess) -> Interval {
        let Some(name) = name else {
            return Interval::ANY;
        };
        if self.is_recorded(name) {
            return self.values_of_recorded(name, guess);
        }
        if TRUTHS.contains(&name) {
            return Interval::SHARE;
        }
        let known = self.values_as_exported(name);
        if !known.is_any() {
            return known;
        }
        let is_counter = matches!(self.kind(name), Some((MetricKind::Counter, _)));
        let is_size = name.ends_with("_bytes") || is_time_since_1970(self, name);
        if is_counter || is_size || name.ends_with("_seconds_sum") {
            Interval::NOT_NEGATIVE
        } else if guess == Guess::ByNames && name.ends_with("_ratio") {
            Interval::SHARE
        } else {
            Interval::ANY
        }
    }

    fn values_as_exported(&self, name: &str) -> Interval {
        let Known::There(families) = self.metric(name) else {
            return match self.knowledge.written_domain(name) {
                Some(Domain::Between(low, high)) => Interval::between(low, high),
                _ => Interval::ANY,
            };
        };
        let mut known: Option<Interval> = None;
        for family in families {
            let Some(Domain::Between(low, high)) = family.domain else {
                return Interval::ANY;
            };
            let own = Interval::between(low, high);
            known = Some(known.map_or(own, |known| known.or(own)));
        }
        known.unwrap_or(Interval::ANY)
    }

    fn values_of_recorded(&self, name: &str, guess: Guess) -> Interval {
        let key = format!("{guess:?} {name}");
        if let Some(known) = self.values.borrow().get(&key) {
            return *known;
        }
        let Some(_deeper) = self.deeper() else {
            return Interval::ANY;
        };
        self.values.borrow_mut().insert(key.clone(), Interval::ANY);
        let each = self.recorders(name).iter().map(|rule| {
            let expr = rule.expression.parsed.as_ref();
            expr.map_or(Interval::ANY, |expr| self.values(expr, guess))
        });
        let values = each.reduce(Interval::or).unwrap_or(Interval::ANY);
        self.values.borrow_mut().insert(key, values);
        values
    }

    fn values_of_aggregate(&self, aggregate: &AggregateExpr, guess: Guess) -> Interval {
        if let Some(share) = mean_over_modes(aggregate) {
            return share;
        }
        let inner = self.values(&aggregate.expr, guess);
        if let Some(most) = self.most_targets(aggregate) {
            let least = f64::from(u8::from(aggregate.op.to_string() == "count"));
            return Interval::between(least, most);
        }
        match aggregate.op.to_string().as_str() {
            "count" | "count_values" => Interval::between(1.0, f64::INFINITY),
            "group" => Interval::between(1.0, 1.0),
            "stddev" | "stdvar" => Interval::NOT_NEGATIVE,
            "sum" => summed(inner),
            _ => inner,
        }
    }

    fn values_of_call(&self, call: &Call, guess: Guess) -> Interval {
        let name = call.func.name;
        if let Some((_, low, high)) = OF_FUNCTIONS.iter().find(|(function, ..)| *function == name) {
            return Interval::between(*low, *high);
        }
        let Some(of) = argument(call) else {
            return Interval::ANY;
        };
        let inner = || self.values(of, guess);
        let number = |at: usize| call.args.args.get(at).and_then(|number| constant(number));
        match name {
            _ if SAME_VALUES.contains(&name) => inner(),
            "rate" | "irate" | "increase" => {
                let counts_seconds = selector(of)
                    .and_then(name_of)
                    .is_some_and(|name| SECONDS_OF_SECONDS.contains(&name));
                if counts_seconds && name != "increase" {
                    Interval::SHARE
                } else {
                    Interval::NOT_NEGATIVE
                }
            }
            "changes" | "resets" => Interval::between(0.0, self.most_intervals(of)),
            "count_over_time" => Interval::between(1.0, self.most_intervals(of) + 1.0),
            "sum_over_time" => summed(inner()),
            "abs" => Interval::between(0.0, inner().low.abs().max(inner().high.abs())),
            "ceil" => Interval::between(inner().low.ceil(), inner().high.ceil()),
            "floor" => Interval::between(inner().low.floor(), inner().high.floor()),
            "round" if number(1).is_none() => {
                Interval::between(inner().low.round(), inner().high.round())
            }
            "clamp_max" => number(1).map_or(Interval::ANY, |most| {
                Interval::between(inner().low.min(most), inner().high.min(most))
            }),
            "clamp_min" => number(1).map_or(Interval::ANY, |least| {
                Interval::between(inner().low.max(least), inner().high.max(least))
            }),
            "clamp" => match (number(1), number(2)) {
                (Some(least), Some(most)) => Interval::between(least, most),
                _ => Interval::ANY,
            },
            "histogram_quantile" => self.values_of_quantile(of),
            _ => Interval::ANY,
        }
    }

    /// How many times the samples of a range can follow each other, at most.
    fn most_intervals(&self, of: &Expr) -> f64 {
        let samples = selector(of).and_then(|selector| self.samples(selector));
        match (range_of(of), samples) {
            (Some(range), Some(samples)) if !samples.every.is_zero() => {
                range.div_duration_f64(samples.every).floor().max(1.0)
            }
            _ => f64::INFINITY,
        }
    }

    /// A quantile lies between the bounds of the buckets; what lies above the last is not told.
    fn values_of_quantile(&self, of: &Expr) -> Interval {
        let Some(name) = first_name(of) else {
            return Interval::ANY;
        };
        let Known::There(families) = self.metric(name) else {
            return Interval::ANY;
        };
        let mut highest: f64 = f64::NEG_INFINITY;
        for family in families {
            if let Some(own) = family.highest_bucket {
                highest = highest.max(own);
                continue;
            }
            let labels = family.labels.as_ref();
            let bounds = labels.and_then(|labels| labels.get("le")?.as_ref());
            let Some(bounds) = bounds else {
                return Interval::ANY;
            };
            let bounds = bounds.iter().filter_map(|bound| bound.parse::<f64>().ok());
            let bounds = bounds.filter(|bound| bound.is_finite());
            let of_family = bounds.fold(f64::NEG_INFINITY, f64::max);
            if of_family == f64::NEG_INFINITY {
                return Interval::ANY;
            }
            highest = highest.max(of_family);
        }
        if highest > 0.0 {
            Interval::between(f64::NEG_INFINITY, highest)
        } else {
            Interval::ANY
        }
    }

    fn values_of_binary(&self, binary: &BinaryExpr, guess: Guess) -> Interval {
        let operator = Operator::of(binary);
        let left = || self.values(&binary.lhs, guess);
        let right = || self.values(&binary.rhs, guess);
        let gives_truth = binary.return_bool();
        match operator {
            _ if operator.compares() && gives_truth => Interval::SHARE,
            _ if operator.compares() => match constant(&binary.rhs) {
                Some(number) if is_vector(&binary.lhs) => {
                    let taken = operator.takes(number).unwrap_or(Interval::ANY);
                    left().and(taken)
                }
                _ if is_vector(&binary.lhs) => left(),
                _ => match constant(&binary.lhs).and_then(|number| operator.turned().takes(number))
                {
                    Some(taken) => right().and(taken),
                    None => right(),
                },
            },
            Operator::And | Operator::Unless => left(),
            Operator::Or => left().or(right()),
            Operator::Plus => left().plus(right()),
            Operator::Minus => {
                if is_part_of_whole(self, &binary.rhs, &binary.lhs, guess) {
                    return left().and(Interval::NOT_NEGATIVE);
                }
                left().minus(right())
            }
            Operator::Times => left().times(right()),
            Operator::DividedBy => {
                let ratio = left().divided_by(right());
                if is_part_of_whole(self, &binary.lhs, &binary.rhs, guess) {
                    return ratio.and(Interval::SHARE);
                }
                match self.at_most_whole(&binary.lhs, &binary.rhs, guess) {
                    Some(share) => ratio.and(share),
                    None => ratio,
                }
            }
            _ => Interval::ANY,
        }
    }

    /// Of `(whole - rest) / whole`, and of `100 * part / whole`.
    fn at_most_whole(&self, over: &Expr, whole: &Expr, guess: Guess) -> Option<Interval> {
        let Expr::Binary(over) = bare(over) else {
            return None;
        };
        match Operator::of(over) {
            Operator::Times => {
                let (number, part) = match (constant(&over.lhs), constant(&over.rhs)) {
                    (Some(number), None) => (number, &over.rhs),
                    (None, Some(number)) => (number, &over.lhs),
                    _ => return None,
                };
                let share = if is_part_of_whole(self, part, whole, guess) {
                    Interval::SHARE
                } else {
                    self.at_most_whole(part, whole, guess)?
                };
                Some(share.times(Interval::between(number, number)))
            }
            Operator::Minus => {
                let of_all = if same(&over.lhs, whole) {
                    Interval::between(1.0, 1.0)
                } else {
                    self.at_most_whole(&over.lhs, whole, guess)?
                };
                let is_positive = |expr: &Expr| self.values(expr, guess).is_not_negative();
                if !is_positive(&over.rhs) || !is_positive(whole) {
                    return None;
                }
                let is_part = is_part_of_whole(self, &over.rhs, whole, guess);
                let low = if is_part {
                    of_all.low - 1.0
                } else {
                    f64::NEG_INFINITY
                };
                Some(Interval::between(low, of_all.high))
            }
            _ => None,
        }
    }
}

/// What the sum of any number of such values can be.
fn summed(values: Interval) -> Interval {
    if values.low >= 0.0 {
        Interval::NOT_NEGATIVE
    } else if values.high <= 0.0 {
        Interval::between(f64::NEG_INFINITY, 0.0)
    } else {
        Interval::ANY
    }
}
