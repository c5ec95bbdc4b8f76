//! One container of a service that runs as several.

/// A service, or one of its containers: `api`, or `api#2` where several containers run `api`.
///
/// The number is Compose's own, which ends the container's name (`shop-api-2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replica<'a> {
    /// The service, as the project names it.
    pub service: &'a str,
    /// Which of its containers; `None` of a service that has one.
    pub number: Option<&'a str>,
}

impl<'a> Replica<'a> {
    /// What `name` means.
    #[must_use]
    pub fn of(name: &'a str) -> Self {
        match name.split_once('#') {
            Some((service, number)) => Self {
                service,
                number: Some(number),
            },
            None => Self {
                service: name,
                number: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_after_the_service_says_which_of_its_containers_is_meant() {
        let read = |name| (Replica::of(name).service, Replica::of(name).number);
        assert_eq!(read("api"), ("api", None));
        assert_eq!(read("api#2"), ("api", Some("2")));
    }
}
