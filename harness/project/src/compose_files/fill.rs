//! Fills in the variables of a whole file.

use std::collections::BTreeSet;

use super::variables::Variables;
use crate::yaml_tree::{Node, Place, Value};

/// `node` with its variables filled in; the places of texts with one that has no value go to
/// `unknown`.
pub(super) fn filled(node: &Node, variables: &Variables, unknown: &mut BTreeSet<Place>) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Text { text, is_quoted } => {
            let filled = variables.fill(text);
            if !filled.is_known {
                unknown.insert(node.place);
            }
            Value::Text {
                // What a variable leaves empty is a text all the same.
                is_quoted: *is_quoted || filled.text.is_empty(),
                text: filled.text,
            }
        }
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| filled(item, variables, unknown))
                .collect(),
        ),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), filled(value, variables, unknown)))
                .collect(),
        ),
    };
    Node {
        value,
        place: node.place,
    }
}
