//! The templates of labels and annotations, as far as files tell what they print:
//! <https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>.

mod actions;
mod words;

pub(crate) use actions::{Action, actions_of};
pub(crate) use words::{Word, words_of};
