//! As whom an exporter logs in.

use alertdrill_project::Service;

use crate::checks::scraped::asks_nobody::exporters::Exporter;
use crate::network::flag;

/// A user's name and password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
}

impl Credentials {
    /// Those in the address by which an exporter knows its server.
    pub(super) fn in_address(kind: &Exporter, exporter: &Service) -> Option<Self> {
        let by_flag = kind.flags.iter().find_map(|it| flag(exporter, it));
        let by_variable = || kind.variables.iter().find_map(|it| variable(exporter, it));
        Self::of(by_flag.or_else(by_variable)?)
    }

    /// `me:secret` of `postgresql://me:secret@db/shop`, `me:secret@(db)/`, or `user=me password=secret`.
    fn of(address: &str) -> Option<Self> {
        let mut words = address.split_whitespace();
        let of = |key: &str| words.clone().find_map(|word| word.strip_prefix(key));
        if let (Some(user), Some(password)) = (of("user="), of("password=")) {
            let (user, password) = (user.to_owned(), password.to_owned());
            return Some(Self { user, password });
        }
        let first = words.next()?;
        let (_, rest) = first.split_once("://").unwrap_or(("", first));
        let (login, _) = rest.rsplit_once('@')?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        Some(Self {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }
}

/// The value of a variable of a service; `None` if it is not set, or not known.
pub(super) fn variable<'a>(service: &'a Service, name: &str) -> Option<&'a str> {
    service.environment.get(name)?.as_deref()
}

/// Whether a text is what it means: no variable, nothing that is encoded, and not empty.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(['$', '%', '{'])
}
