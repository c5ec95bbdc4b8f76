//! The JSON Schema of `alertdrill.yml`, made from the types that read it, and published as
//! `docs/alertdrill.schema.json`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::written::WrittenFile;

/// The schema of `alertdrill.yml`, for editors and other programs.
#[must_use]
pub fn project_file_schema() -> Value {
    SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator()
        .into_root_schema_for::<WrittenFile>()
        .to_value()
}
