//! Is the metric there, with these labels?

mod after_first_event;
mod base_name;
mod container_names;
mod dropped;
mod fixed_container;
mod never_set;
mod no_such_label;
mod no_such_quantile;
mod no_such_value;
mod not_exported;
mod not_probed;
mod of_its_container;
mod only_while_well;
mod renamed;
mod selectors;
mod up_of_exporter;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    not_exported::NOT_EXPORTED,
    renamed::RENAMED,
    dropped::DROPPED,
    base_name::BASE_NAME,
    no_such_quantile::NO_SUCH_QUANTILE,
    no_such_label::NO_SUCH_LABEL,
    no_such_value::NO_SUCH_VALUE,
    never_set::NEVER_SET,
    after_first_event::AFTER_FIRST_EVENT,
    only_while_well::ONLY_WHILE_WELL,
    fixed_container::FIXED_CONTAINER,
    of_its_container::OF_ITS_CONTAINER,
    not_probed::NOT_PROBED,
    up_of_exporter::UP_OF_EXPORTER,
];
