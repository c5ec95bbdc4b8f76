//! The labels of an expression's result, in words.

use crate::routing::ResultLabels;

/// What labels there are.
pub(super) fn labels_in_words(labels: &ResultLabels) -> String {
    let names: Vec<_> = labels
        .names()
        .into_iter()
        .filter(|name| *name != "__name__")
        .map(|name| format!("`{name}`"))
        .collect();
    match (labels.are_known(), names.len()) {
        (false, _) => "the expression takes it away".to_owned(),
        (true, 0) => "the expression's result has no labels".to_owned(),
        (true, 1) => format!("the expression's result has only the label {}", names[0]),
        (true, 2..=8) => format!(
            "the expression's result has only the labels {}",
            names.join(", ")
        ),
        (true, many) => format!("the expression's result has {many} other labels"),
    }
}
