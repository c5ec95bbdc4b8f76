//! YAML as compose reads it: its two tags, and dollars that stand for themselves.

use serde_yaml_ng::Value;
use serde_yaml_ng::value::{Tag, TaggedValue};

/// What replaces their value, where compose would merge the two.
pub(super) fn overriding(value: impl Into<Value>) -> Value {
    tagged("override", value.into())
}

/// What removes their value.
pub(super) fn reset() -> Value {
    tagged("reset", Value::Null)
}

fn tagged(tag: &str, value: Value) -> Value {
    let tag = Tag::new(tag);
    Value::Tagged(Box::new(TaggedValue { tag, value }))
}

/// A text in which compose fills in no variable.
pub(super) fn text(text: impl AsRef<str>) -> Value {
    Value::String(text.as_ref().replace('$', "$$"))
}

/// What `docker compose config` printed of a text, in which it doubles dollars.
pub(super) fn as_written(printed: &str) -> String {
    printed.replace("$$", "$")
}

pub(super) fn mapping<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.into_iter();
    Value::Mapping(entries.map(|(key, value)| (key.into(), value)).collect())
}

pub(super) fn texts<T: AsRef<str>>(entries: impl IntoIterator<Item = T>) -> Value {
    Value::Sequence(entries.into_iter().map(text).collect())
}
