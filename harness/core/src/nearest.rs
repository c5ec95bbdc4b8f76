//! The nearest name that exists, for a message about one that does not.

/// The name among `names` that is most like `name`; `None` if there are none.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |other: &str| strsim::normalized_damerau_levenshtein(name, other);
    let names = names.into_iter();
    names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}
