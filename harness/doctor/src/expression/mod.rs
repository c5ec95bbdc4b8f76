//! What a rule's expression can be: its labels, its values, its parts.

mod answers;
mod condition;
mod interval;
mod itself;
mod matching;
mod operator;
mod parts;
mod reading;
mod same;

pub(crate) use answers::{Answers, always_answers};
pub(crate) use condition::{Comparison, chain, comparisons, conjuncts};
pub(crate) use interval::Interval;
pub(crate) use itself::{Itself, meets_itself};
pub(crate) use matching::{NoMatch, alternatives, joins, why_no_match};
pub(crate) use operator::Operator;
pub(crate) use parts::{
    argument, bare, call, children, constant, first_name, name_of, parts, range_of, selector,
    selectors,
};
pub(crate) use reading::{Guess, Reading, Samples, Shape, is_time_since_1970};
pub(crate) use same::same;
