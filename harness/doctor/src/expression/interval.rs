//! The values that something can have, as one interval.

/// All numbers between two bounds. What cannot be told exactly is told too wide, never too narrow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Whether `low` itself lies outside.
    low_is_out: bool,
    /// Whether `high` itself lies outside.
    high_is_out: bool,
}

impl Interval {
    pub(crate) const ANY: Self = Self::between(f64::NEG_INFINITY, f64::INFINITY);
    pub(crate) const NOT_NEGATIVE: Self = Self::between(0.0, f64::INFINITY);
    pub(crate) const SHARE: Self = Self::between(0.0, 1.0);

    pub(crate) const fn between(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            low_is_out: false,
            high_is_out: false,
        }
    }

    pub(crate) const fn above(low: f64) -> Self {
        Self {
            low_is_out: true,
            ..Self::between(low, f64::INFINITY)
        }
    }

    pub(crate) const fn below(high: f64) -> Self {
        Self {
            high_is_out: true,
            ..Self::between(f64::NEG_INFINITY, high)
        }
    }

    pub(crate) fn is_any(self) -> bool {
        self.low == f64::NEG_INFINITY && self.high == f64::INFINITY
    }

    pub(crate) fn is_empty(self) -> bool {
        self.low > self.high || (self.low >= self.high && (self.low_is_out || self.high_is_out))
    }

    pub(crate) fn is_not_negative(self) -> bool {
        self.low >= 0.0
    }

    pub(crate) fn holds(self, number: f64) -> bool {
        !self.and(Self::between(number, number)).is_empty()
    }

    pub(crate) fn lies_in(self, outer: Self) -> bool {
        let low_fits = self.low > outer.low
            || (self.low >= outer.low && (self.low_is_out || !outer.low_is_out));
        let high_fits = self.high < outer.high
            || (self.high <= outer.high && (self.high_is_out || !outer.high_is_out));
        low_fits && high_fits
    }

    /// What lies in both.
    pub(crate) fn and(self, other: Self) -> Self {
        let (low, low_is_out) = if self.low > other.low {
            (self.low, self.low_is_out)
        } else if other.low > self.low {
            (other.low, other.low_is_out)
        } else {
            (self.low, self.low_is_out || other.low_is_out)
        };
        let (high, high_is_out) = if self.high < other.high {
            (self.high, self.high_is_out)
        } else if other.high < self.high {
            (other.high, other.high_is_out)
        } else {
            (self.high, self.high_is_out || other.high_is_out)
        };
        Self {
            low,
            high,
            low_is_out,
            high_is_out,
        }
    }

    /// What lies in one of them, and all between.
    pub(crate) fn or(self, other: Self) -> Self {
        Self::between(self.low.min(other.low), self.high.max(other.high))
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self::between(self.low + other.low, self.high + other.high).unless_unknown()
    }

    pub(crate) fn negated(self) -> Self {
        Self::between(-self.high, -self.low)
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    pub(crate) fn times(self, other: Self) -> Self {
        let products = [
            product(self.low, other.low),
            product(self.low, other.high),
            product(self.high, other.low),
            product(self.high, other.high),
        ];
        let low = products.into_iter().fold(f64::INFINITY, f64::min);
        let high = products.into_iter().fold(f64::NEG_INFINITY, f64::max);
        Self::between(low, high).unless_unknown()
    }

    pub(crate) fn divided_by(self, other: Self) -> Self {
        if other.low >= 0.0 {
            let most = if other.low > 0.0 {
                1.0 / other.low
            } else {
                f64::INFINITY
            };
            self.times(Self::between(1.0 / other.high, most))
        } else if other.high < 0.0 {
            self.times(Self::between(1.0 / other.high, 1.0 / other.low))
        } else {
            Self::ANY
        }
    }

    fn unless_unknown(self) -> Self {
        if self.low.is_nan() || self.high.is_nan() {
            Self::ANY
        } else {
            self
        }
    }

    /// `0 to 1`, `0 or more`
    pub(crate) fn in_words(self) -> String {
        let (low, high) = (told(self.low), told(self.high));
        if self.low >= self.high {
            low
        } else if self.high == f64::INFINITY {
            format!("{low} or more")
        } else if self.low == f64::NEG_INFINITY {
            format!("{high} at most")
        } else {
            format!("{low} to {high}")
        }
    }
}

/// A bound as people write it: with no more than three places behind the point.
fn told(bound: f64) -> String {
    let rounded = (bound * 1000.0).round() / 1000.0;
    if rounded == 0.0 && bound != 0.0 || !rounded.is_finite() {
        bound.to_string()
    } else {
        rounded.to_string()
    }
}

/// A product of bounds, in which nothing of however much is nothing.
fn product(left: f64, right: f64) -> f64 {
    if left == 0.0 || right == 0.0 {
        0.0
    } else {
        left * right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_lie_outside_leave_nothing_between() {
        assert!(Interval::above(5.0).and(Interval::below(5.0)).is_empty());
        assert!(
            Interval::above(5.0)
                .and(Interval::between(0.0, 5.0))
                .is_empty()
        );
        assert!(
            !Interval::between(5.0, 9.0)
                .and(Interval::between(0.0, 5.0))
                .is_empty()
        );
    }

    #[test]
    fn shares_stay_shares() {
        let left = Interval::between(1.0, 1.0).minus(Interval::SHARE);
        assert_eq!(left, Interval::SHARE);
        let percentage = left.times(Interval::between(100.0, 100.0));
        assert_eq!(percentage, Interval::between(0.0, 100.0));
    }

    #[test]
    fn division_by_what_can_be_nothing_has_no_upper_bound() {
        let ratio = Interval::NOT_NEGATIVE.divided_by(Interval::NOT_NEGATIVE);
        assert_eq!(ratio, Interval::NOT_NEGATIVE);
        assert!(Interval::SHARE.divided_by(Interval::ANY).is_any());
    }
}
