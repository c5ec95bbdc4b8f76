//! What must agree in a whole configuration.

use std::collections::BTreeSet;

use alertdrill_project::yaml_tree::{Node, Value};

use super::routes::CONFIGURATION;
use super::walk::Walk;
use crate::checkout::Text;

impl Walk<'_> {
    /// Looks at all of it.
    pub(super) fn configuration(&mut self) {
        let root = self.root;
        self.map(root, &CONFIGURATION, root.place);
        if !matches!(root.value, Value::Map(_)) {
            return;
        }
        if let Some(route) = root.get("route").filter(|route| !route.is_null()) {
            self.root_route(route);
        } else {
            let place = root.place_of_key("route").unwrap_or(root.place);
            self.says(place, "it has no `route`");
        }
        self.receiver_names();
        self.time_intervals();
    }

    fn root_route(&mut self, route: &Node) {
        // That it names no receiver is said by `told/receiver-undefined`.
        let never = [
            ("match", "it takes all alerts"),
            ("match_re", "it takes all alerts"),
            ("matchers", "it takes all alerts"),
            ("mute_time_intervals", "it is never muted"),
            ("active_time_intervals", "it is never muted"),
        ];
        for (key, why) in never {
            let is_there = route
                .get(key)
                .is_some_and(|node| !node.items().is_empty() || !node.entries().is_empty());
            if let (true, Some(place)) = (is_there, route.place_of_key(key)) {
                self.says(place, format!("the first route has no `{key}`: {why}"));
            }
        }
    }

    fn receiver_names(&mut self) {
        let mut names = BTreeSet::new();
        let receivers = self.root.get("receivers").map_or(&[][..], Node::items);
        for name in receivers.iter().filter_map(|it| Text::of(it.get("name")?)) {
            if !name.text.is_empty() && !names.insert(name.text.clone()) {
                let why = format!("the receiver `{}` is there twice", name.text);
                self.says(name.place, why);
            }
        }
    }

    /// Intervals that a route names and that are not there.
    fn time_intervals(&mut self) {
        let root = self.root;
        let defined = ["mute_time_intervals", "time_intervals"]
            .into_iter()
            .filter_map(|key| root.get(key))
            .flat_map(Node::items)
            .filter_map(|interval| interval.text_at(&["name"]));
        let defined: BTreeSet<_> = defined.collect();
        let mut open: Vec<_> = root.get("route").into_iter().collect();
        while let Some(route) = open.pop() {
            for key in ["mute_time_intervals", "active_time_intervals"] {
                for named in route.get(key).map_or(&[][..], Node::items) {
                    let Some(name) = named.text() else { continue };
                    if !defined.contains(name) {
                        let why = format!("there is no time interval `{name}`");
                        self.says(named.place, why);
                    }
                }
            }
            open.extend(route.get("routes").map_or(&[][..], Node::items));
        }
    }
}
