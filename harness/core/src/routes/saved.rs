//! Routes as records have them, of this version and of earlier ones.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::Routes;

/// What a record says of the routes.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Saved {
    Routes(Box<Routes>),
    /// The coarsest groups and the longest waits of all routes: they say nothing of receivers.
    Waits {
        #[serde(default, rename = "group_by")]
        _group_by: IgnoredAny,
        #[serde(rename = "group_wait_s")]
        _group_wait: IgnoredAny,
        #[serde(rename = "group_interval_s")]
        _group_interval: IgnoredAny,
    },
}

/// The routes of a record; `None` of one that was saved before routes were kept.
pub(crate) fn routes_or_older<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Routes>, D::Error> {
    let saved = Option::<Saved>::deserialize(deserializer)?;
    Ok(saved.and_then(|saved| match saved {
        Saved::Routes(routes) => Some(*routes),
        Saved::Waits { .. } => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::routes_of;
    use super::*;

    #[derive(Deserialize)]
    struct Record {
        #[serde(default, deserialize_with = "routes_or_older")]
        routes: Option<Routes>,
    }

    fn read(routes: &str) -> Option<Routes> {
        let record = format!(r#"{{"routes": {routes}}}"#);
        serde_json::from_str::<Record>(&record).unwrap().routes
    }

    #[test]
    fn routes_are_read_as_they_were_saved_and_the_waits_of_older_records_are_no_routes() {
        let yaml = "
route: {receiver: a, routes: [{receiver: b, matchers: [x=~y], group_by: ['...']}]}
receivers: [{name: a}, {name: b, email_configs: [{to: x}]}]
inhibit_rules: [{source_matchers: [a=b], target_matchers: [c=d], equal: [e]}]
";
        let routes = routes_of(yaml).unwrap();
        assert_eq!(read(&serde_json::to_string(&routes).unwrap()), Some(routes));
        let older = r#"{"group_by": ["job"], "group_wait_s": 10.0, "group_interval_s": 30.0}"#;
        assert_eq!(read(older), None);
        assert_eq!(read("null"), None);
        assert!(serde_json::from_str::<Record>(r#"{"routes": {"root": 1}}"#).is_err());
    }
}
