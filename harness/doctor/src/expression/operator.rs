//! The operators of comparisons, and what of two sides they take.

use promql_parser::parser::BinaryExpr;
use promql_parser::parser::token::{
    T_ADD, T_DIV, T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MUL, T_NEQ, T_SUB,
};

use super::Interval;

/// What stands between two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Above,
    AtLeast,
    Below,
    AtMost,
    Is,
    IsNot,
    And,
    Or,
    Unless,
    Plus,
    Minus,
    Times,
    DividedBy,
    /// `%`, `^`, `atan2`
    Other,
}

impl Operator {
    pub(crate) fn of(binary: &BinaryExpr) -> Self {
        match binary.op.id() {
            T_GTR => Self::Above,
            T_GTE => Self::AtLeast,
            T_LSS => Self::Below,
            T_LTE => Self::AtMost,
            T_EQLC => Self::Is,
            T_NEQ => Self::IsNot,
            T_LAND => Self::And,
            T_LOR => Self::Or,
            T_LUNLESS => Self::Unless,
            T_ADD => Self::Plus,
            T_SUB => Self::Minus,
            T_MUL => Self::Times,
            T_DIV => Self::DividedBy,
            _ => Self::Other,
        }
    }

    pub(crate) fn compares(self) -> bool {
        matches!(
            self,
            Self::Above | Self::AtLeast | Self::Below | Self::AtMost | Self::Is | Self::IsNot
        )
    }

    pub(crate) fn joins_sets(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    /// The comparison as it reads when its sides change places.
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::Above => Self::Below,
            Self::AtLeast => Self::AtMost,
            Self::Below => Self::Above,
            Self::AtMost => Self::AtLeast,
            other => other,
        }
    }

    /// The values that `… > number` takes; `None` if that is no one interval.
    pub(crate) fn takes(self, number: f64) -> Option<Interval> {
        match self {
            Self::Above => Some(Interval::above(number)),
            Self::AtLeast => Some(Interval::between(number, f64::INFINITY)),
            Self::Below => Some(Interval::below(number)),
            Self::AtMost => Some(Interval::between(f64::NEG_INFINITY, number)),
            Self::Is => Some(Interval::between(number, number)),
            _ => None,
        }
    }

    /// Whether no value of `values` is taken.
    pub(crate) fn takes_none_of(self, values: Interval, number: f64) -> bool {
        match self.takes(number) {
            Some(taken) => values.and(taken).is_empty(),
            None => self == Self::IsNot && values == Interval::between(number, number),
        }
    }

    /// Whether each value of `values` is taken.
    pub(crate) fn takes_all_of(self, values: Interval, number: f64) -> bool {
        match self.takes(number) {
            Some(taken) => values.lies_in(taken),
            None => self == Self::IsNot && !values.holds(number),
        }
    }

    /// As it is written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Is => "==",
            Self::IsNot => "!=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::DividedBy => "/",
            Self::Other => "%",
        }
    }
}
