//! YAML with places: the only module that knows `serde-saphyr`.
//!
//! It was chosen over `serde_yaml_ng`, whose values have no places. Places survive in structs,
//! lists and what is deserialized by hand below; serde loses them in `flatten`, in `untagged` and
//! in internally tagged enums, so that none of these may be used in what is read here.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_saphyr::{DefaultMessageFormatter, Error, Location, MessageFormatter, Spanned};

use super::source_text::{Complaint, Place, help_by_nearest};

const SEE_THE_PAGE: &str = "docs/alertdrill-yml.md shows each key with an example";
const TOO_NESTED: &str = "no list of drills is as large, or as deeply nested";

/// A value, and where it stands; of an alias, where its anchor stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::deserialize(deserializer)?;
        Ok(Self {
            value: spanned.value,
            place: place_of(spanned.defined),
        })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

fn place_of(location: Location) -> Place {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place {
        line: number(location.line()),
        column: number(location.column()),
        characters: number(location.span().len()),
    }
}

/// One value, or a list of them; each with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OneOrMany<T>(pub(super) Vec<At<T>>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, At<T>> {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let At { value, place } = At::<OneOrManyHere<T>>::deserialize(deserializer)?;
        Ok(Self(match value {
            OneOrManyHere::One(value) => vec![At { value, place }],
            OneOrManyHere::Many(values) => values,
        }))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("one_or_many_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

/// As [`OneOrMany`], where it has no place yet.
enum OneOrManyHere<T> {
    One(T),
    Many(Vec<At<T>>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrManyHere<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrManyHere<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one, or a list of them")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let text: StringDeserializer<E> = text.to_owned().into_deserializer();
        T::deserialize(text).map(OneOrManyHere::One)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    /// A key whose entries are all comments.
    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(OneOrManyHere::Many(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(OneOrManyHere::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element()? {
            values.push(value);
        }
        Ok(OneOrManyHere::Many(values))
    }
}

/// A text that says it in short, or a map that says it at length.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ShortOrLong<T> {
    Short(String),
    Long(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ShortOrLong<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShortOrLongVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for ShortOrLong<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("name_or_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let long = generator.subschema_for::<T>();
        json_schema!({"anyOf": [{"type": "string"}, long]})
    }
}

struct ShortOrLongVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShortOrLongVisitor<T> {
    type Value = ShortOrLong<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a map")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(ShortOrLong::Short(text.to_owned()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(ShortOrLong::Short(number.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(ShortOrLong::Long)
    }
}

/// What `text` says.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Complaint> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| complaint_of(&error))
}

/// What serde calls a value, as a person does.
fn plainly(unexpected: &str) -> String {
    match unexpected {
        "unit value" => "nothing".to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "a map".to_owned(),
        other => match other.strip_prefix("string ") {
            Some(text) => format!("the text {text}"),
            None => format!("the {other}"),
        },
    }
}

fn complaint_of(error: &Error) -> Complaint {
    let error = error.without_snippet();
    if let Error::AliasError {
        error, locations, ..
    } = error
    {
        let mut complaint = complaint_of(error);
        if error.location().is_none() {
            complaint.place = locations
                .primary_location()
                .map(place_of)
                .unwrap_or_default();
        }
        return complaint;
    }
    let mut place = error.location().map(place_of).unwrap_or_default();
    let (message, help) = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => {
            place.characters = field.chars().count();
            let help = help_by_nearest(field, "keys here", expected.iter().copied());
            (format!("unknown key `{field}`"), help)
        }
        Error::SerdeMissingField { field, .. } => (
            format!("the key `{field}` is missing here"),
            format!("write `{field}: …`"),
        ),
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("of several parts");
            place.characters = key.chars().count();
            let message = format!("the key `{key}` stands here a second time");
            (message, "keep one of the two".to_owned())
        }
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } => (
            format!(
                "here stands {}, expected is {expected}",
                plainly(unexpected)
            ),
            SEE_THE_PAGE.to_owned(),
        ),
        Error::Unexpected { expected, .. } => {
            let expected = match *expected {
                "mapping start" => "a map (`key: value`)",
                "sequence start" => "a list",
                "string scalar" => "a text",
                other => other,
            };
            (format!("here belongs {expected}"), SEE_THE_PAGE.to_owned())
        }
        Error::NullIntoString { .. } => (
            "here is nothing, where a text belongs".to_owned(),
            SEE_THE_PAGE.to_owned(),
        ),
        Error::InvalidScalar { ty: "u16", .. } => (
            "this is no port".to_owned(),
            "a port is a number up to 65535".to_owned(),
        ),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => (
            "what the file says, its aliases written out, becomes too large here".to_owned(),
            TOO_NESTED.to_owned(),
        ),
        Error::ExternalMessage { msg, .. } if msg.contains("recursion limit") => (
            "lists and maps are nested too deeply here".to_owned(),
            TOO_NESTED.to_owned(),
        ),
        Error::MultipleDocuments { .. } => (
            "a second YAML document begins here".to_owned(),
            "leave out the line `---`".to_owned(),
        ),
        Error::UnknownAnchor { .. } => (
            "there is no anchor of this name above".to_owned(),
            "an anchor (`&name`) stands before its aliases (`*name`)".to_owned(),
        ),
        other => (
            DefaultMessageFormatter.format_message(other).into_owned(),
            "mend the YAML".to_owned(),
        ),
    };
    let visible = |char: char| if char.is_control() { ' ' } else { char };
    Complaint::at(
        place,
        message.chars().map(visible).collect::<String>(),
        help,
    )
}
