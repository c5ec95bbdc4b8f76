//! Is the metric there, with these labels?

mod base_name;
mod no_such_label;
mod no_such_quantile;
mod not_exported;
mod selectors;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    not_exported::NOT_EXPORTED,
    base_name::BASE_NAME,
    no_such_quantile::NO_SUCH_QUANTILE,
    no_such_label::NO_SUCH_LABEL,
];
