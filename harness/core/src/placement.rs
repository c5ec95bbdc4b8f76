//! The lanes that a drill got, and how they come into its texts.

use std::collections::BTreeMap;

/// The lanes that a drill got, by the paths that they are of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement(BTreeMap<String, String>);

impl Placement {
    /// On these lanes: pairs of a path's name and a lane's.
    pub fn on<P: Into<String>, L: Into<String>>(lanes: impl IntoIterator<Item = (P, L)>) -> Self {
        let lanes = lanes.into_iter();
        Self(
            lanes
                .map(|(path, lane)| (path.into(), lane.into()))
                .collect(),
        )
    }

    /// The same placement, with one lane more.
    #[must_use]
    pub fn and(&self, path: &str, lane: &str) -> Self {
        let mut lanes = self.0.clone();
        lanes.insert(path.to_owned(), lane.to_owned());
        Self(lanes)
    }

    /// Puts the lanes into `text`, each in the place of its path's name in braces.
    pub fn fill(&self, text: &mut String) {
        for (path, lane) in &self.0 {
            let placeholder = format!("{{{path}}}");
            if text.contains(&placeholder) {
                *text = text.replace(&placeholder, lane);
            }
        }
    }

    /// As [`Placement::fill`], in each of these texts.
    pub fn fill_all<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        for text in texts {
            self.fill(text);
        }
    }

    /// As [`Placement::fill`], in what is a name: that of a path becomes that of its lane.
    pub fn name(&self, name: &mut String) {
        match self.0.get(name.as_str()) {
            Some(lane) => name.clone_from(lane),
            None => self.fill(name),
        }
    }

    /// The lanes, as one name; `None` if there is none.
    #[must_use]
    pub fn lane(&self) -> Option<String> {
        let lanes: Vec<_> = self.0.values().map(String::as_str).collect();
        (!lanes.is_empty()).then(|| lanes.join(", "))
    }
}
