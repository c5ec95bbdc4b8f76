//! Texts of a kind: durations, commands.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

/// A duration as Prometheus writes it: `30s`, `2m`, `1m30s`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub(in crate::project_file) struct DurationText(pub(in crate::project_file) String);

impl JsonSchema for DurationText {
    fn schema_name() -> Cow<'static, str> {
        "duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A duration as Prometheus writes it: `30s`, `2m`, `1m30s`.",
            "pattern": "^([0-9]+(ms|s|m|h|d|w|y))+$",
        })
    }
}

/// A command: a list of words, or a text for `sh -c`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::project_file) struct Command(pub(in crate::project_file) Vec<String>);

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CommandVisitor)
    }
}

impl JsonSchema for Command {
    fn schema_name() -> Cow<'static, str> {
        "command".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A command: a list of words, or a text that `sh -c` runs.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        })
    }
}

struct CommandVisitor;

impl<'de> Visitor<'de> for CommandVisitor {
    type Value = Command;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command: a text for `sh -c`, or a list of words")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Command, E> {
        Ok(Command(["sh", "-c", text].map(str::to_owned).to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Command, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = sequence.next_element()? {
            words.push(word);
        }
        Ok(Command(words))
    }
}
