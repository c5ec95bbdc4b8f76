//! The highest bound of a histogram's buckets, above which no quantile is ever told.

use super::text::{Language, arguments};

/// The highest bound that the clients give where a program names none.
pub(super) const HIGHEST_BY_DEFAULT: f64 = 10.0;

/// The highest finite bound of buckets as they are written; `None` if they are made at run time.
pub(super) fn highest(written: &str, language: Language) -> Option<f64> {
    let written = written.trim();
    let called = written.rsplit('.').next().unwrap_or_default();
    if ["DefBuckets", "DEFAULT_BUCKETS"].contains(&called) {
        return Some(HIGHEST_BY_DEFAULT);
    }
    let written = written.strip_prefix("[]float64").unwrap_or(written);
    let open = written.find(['[', '(', '{'])?;
    let before = written.get(..open)?.trim();
    let (parts, end) = arguments(written, open, language)?;
    if end + 1 != written.len() {
        return None;
    }
    let is_infinite = |part: &&str| {
        let part = part.to_ascii_lowercase();
        part.contains("inf")
    };
    let numbers: Option<Vec<f64>> = parts
        .iter()
        .filter(|part| !is_infinite(part))
        .map(|part| part.replace('_', "").parse().ok())
        .collect();
    let numbers = numbers?;
    if before.is_empty() {
        return numbers.into_iter().reduce(f64::max);
    }
    let function = before.rsplit('.').next()?.to_ascii_lowercase();
    let [start, step, count] = numbers.as_slice() else {
        return None;
    };
    match function.as_str() {
        "linearbuckets" => Some(start + step * (count - 1.0)),
        "exponentialbuckets" => Some(start * step.powf(count - 1.0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highest_bound_is_read_however_buckets_are_written() {
        for (written, language, expected) in [
            ("[0.1, 0.5, 1.0]", Language::Python, Some(1.0)),
            ("(.1, 5, float('inf'))", Language::Python, Some(5.0)),
            ("Histogram.DEFAULT_BUCKETS", Language::Python, Some(10.0)),
            ("prometheus.DefBuckets", Language::Curly, Some(10.0)),
            ("[]float64{0.1, 2.5}", Language::Curly, Some(2.5)),
            (
                "prometheus.LinearBuckets(1, 2, 5)",
                Language::Curly,
                Some(9.0),
            ),
            (
                "prometheus.ExponentialBuckets(1, 2, 4)",
                Language::Curly,
                Some(8.0),
            ),
            (
                "client.exponentialBuckets(1, 2, 4)",
                Language::Curly,
                Some(8.0),
            ),
            ("BUCKETS", Language::Python, None),
            ("[limit, 5]", Language::Python, None),
            ("made(1, 2, 3)", Language::Curly, None),
        ] {
            assert_eq!(highest(written, language), expected, "{written}");
        }
    }
}
