//! What Alertmanager takes at each place of its configuration.

/// What the keys of a map are, by the form of their values.
#[derive(Debug)]
pub(super) struct Shape {
    /// The map, in words.
    pub(super) what: &'static str,
    pub(super) texts: &'static [&'static str],
    /// Truths and numbers, which must not stand in quotes.
    pub(super) truths: &'static [&'static str],
    pub(super) numbers: &'static [&'static str],
    /// Durations in Prometheus's words.
    pub(super) waits: &'static [&'static str],
    /// Addresses that must begin with `http://` or `https://`.
    pub(super) addresses: &'static [&'static str],
    /// Addresses `host:port`.
    pub(super) hosts: &'static [&'static str],
    pub(super) others: &'static [(&'static str, Form)],
    /// What is often written, and what is meant.
    pub(super) slips: &'static [(&'static str, &'static str)],
    /// Of each, one key must have a value, or one of `global`.
    pub(super) needs: &'static [Need],
    /// Whether a key and its `…_file` exclude each other.
    pub(super) has_files_instead: bool,
    /// Whether it is a way to tell somebody, which has `send_resolved` and `http_config`.
    pub(super) tells: bool,
}

/// The form of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// A list of texts.
    Texts,
    /// Names, each with a text.
    Pairs,
    /// Names of labels, each with a text.
    Labels,
    /// Names of labels, each with a pattern.
    Patterns,
    /// A list of matchers.
    Matchers,
    /// A map of anything.
    Map,
    /// A duration in Go's words.
    LongWait,
    One(&'static Shape),
    Many(&'static Shape),
    Anything,
}

/// One of some keys must be there.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) own: &'static [&'static str],
    pub(super) of_global: &'static [&'static str],
}

pub(super) const fn need(own: &'static [&'static str]) -> Need {
    need_or_global(own, &[])
}

pub(super) const fn need_or_global(
    own: &'static [&'static str],
    of_global: &'static [&'static str],
) -> Need {
    Need { own, of_global }
}

pub(super) const PLAIN: Shape = Shape {
    what: "",
    texts: &[],
    truths: &[],
    numbers: &[],
    waits: &[],
    addresses: &[],
    hosts: &[],
    others: &[],
    slips: &[],
    needs: &[],
    has_files_instead: false,
    tells: false,
};

/// What a way to tell somebody begins with.
pub(super) const WAY: Shape = Shape {
    has_files_instead: true,
    tells: true,
    ..PLAIN
};

impl Shape {
    /// All its keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        let plain = [
            self.texts,
            self.truths,
            self.numbers,
            self.waits,
            self.addresses,
            self.hosts,
        ];
        let of_ways: &[&str] = if self.tells {
            &["send_resolved", "http_config"]
        } else {
            &[]
        };
        let plain = plain.into_iter().flatten().copied();
        let others = self.others.iter().map(|(key, _)| *key);
        plain.chain(others).chain(of_ways.iter().copied())
    }
}
