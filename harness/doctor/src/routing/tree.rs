//! Alertmanager's configuration with the place of each word.

use std::collections::BTreeSet;

use alertdrill_project::yaml_tree::{Node, Place};

use super::{Alert, Matcher, Verdict, verdict_of_all};
use crate::checkout::{Alertmanager, Text};

/// What decides who is told of an alert.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    /// The route of every alert that no other one takes; `None` if there is none.
    pub(crate) root: Option<Route>,
    pub(crate) receivers: Vec<Receiver>,
    pub(crate) inhibitions: Vec<Inhibition>,
}

/// A route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) place: Place,
    /// The receiver that it names itself.
    pub(crate) own_receiver: Option<Text>,
    /// The receiver that is told, by its parents if it names none.
    pub(crate) receiver: String,
    /// The labels by which it groups alerts, by its parents' if it names none.
    pub(crate) group_by: Vec<String>,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) continues: bool,
    pub(crate) children: Vec<Route>,
}

/// Somebody who can be told.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(crate) name: Text,
    /// How: `webhook_configs`, and what is written of each.
    pub(crate) configs: Vec<(String, Node)>,
}

/// Alerts that mute others.
#[derive(Clone, Debug)]
pub(crate) struct Inhibition {
    pub(crate) place: Place,
    pub(crate) source: Vec<Matcher>,
    pub(crate) target: Vec<Matcher>,
    /// The labels that both must have alike.
    pub(crate) equal: Vec<Text>,
    /// Whether it has `equal`, which may be empty on purpose.
    pub(crate) says_equal: bool,
}

impl Routing {
    pub(crate) fn of(alertmanager: &Alertmanager) -> Self {
        let (node, source) = (&alertmanager.node, &*alertmanager.file.text);
        let receivers = node.get("receivers").map_or(&[][..], Node::items).iter();
        let inhibitions = node.get("inhibit_rules").map_or(&[][..], Node::items);
        Self {
            root: node
                .get("route")
                .filter(|route| !route.is_null())
                .map(|route| Route::of(route, None, source)),
            receivers: receivers.filter_map(Receiver::of).collect(),
            inhibitions: inhibitions
                .iter()
                .map(|inhibition| Inhibition {
                    place: inhibition.place,
                    says_equal: inhibition.get("equal").is_some(),
                    source: Matcher::all_of(inhibition, "source_", source),
                    target: Matcher::all_of(inhibition, "target_", source),
                    equal: inhibition
                        .get("equal")
                        .map_or(&[][..], Node::items)
                        .iter()
                        .filter_map(Text::of)
                        .collect(),
                })
                .collect(),
        }
    }

    pub(crate) fn receiver(&self, name: &str) -> Option<&Receiver> {
        let mut found = self.receivers.iter();
        found.find(|receiver| receiver.name.text == name)
    }

    /// The receivers to which a route leads.
    pub(crate) fn used_receivers(&self) -> impl Iterator<Item = &Receiver> {
        let routes = self.routes();
        let used: BTreeSet<_> = routes.iter().map(|route| route.receiver.as_str()).collect();
        let receivers = self.receivers.iter();
        receivers.filter(move |receiver| used.contains(receiver.name.text.as_str()))
    }

    /// Whether who is told by this name has no way to be told.
    pub(crate) fn is_nobody(&self, receiver: &str) -> bool {
        self.receiver(receiver)
            .is_some_and(|receiver| receiver.configs.is_empty())
    }

    /// All routes, each after its parent.
    pub(crate) fn routes(&self) -> Vec<&Route> {
        let mut open: Vec<_> = self.root.iter().collect();
        let mut all = Vec::new();
        while let Some(route) = open.pop() {
            all.push(route);
            open.extend(route.children.iter().rev());
        }
        all
    }
}

impl Route {
    fn of(node: &Node, above: Option<&Self>, source: &str) -> Self {
        let own_receiver = node.get("receiver").and_then(Text::of);
        let receiver = match (&own_receiver, above) {
            (Some(own), _) => own.text.clone(),
            (None, Some(above)) => above.receiver.clone(),
            (None, None) => String::new(),
        };
        let own_groups = node.get("group_by").filter(|labels| !labels.is_null());
        let group_by = match (own_groups, above) {
            (Some(labels), _) => {
                let labels = labels.one_or_many().iter().filter_map(Node::text);
                labels.map(str::to_owned).collect()
            }
            (None, Some(above)) => above.group_by.clone(),
            (None, None) => Vec::new(),
        };
        let mut route = Self {
            place: node.place,
            matchers: Matcher::all_of(node, "", source),
            continues: node.get("continue").is_some_and(Node::is_true),
            children: Vec::new(),
            own_receiver,
            receiver,
            group_by,
        };
        let children = node.get("routes").map_or(&[][..], Node::items).iter();
        route.children = children
            .map(|child| Self::of(child, Some(&route), source))
            .collect();
        route
    }

    /// Whether it takes this alert by its own matchers.
    pub(crate) fn takes(&self, alert: &Alert<'_>) -> Verdict {
        verdict_of_all(&self.matchers, |label| alert.value_of(label))
    }

    /// The matchers of this route, as a person writes them.
    pub(crate) fn shown(&self) -> String {
        let shown: Vec<_> = self.matchers.iter().map(|it| it.shown.as_str()).collect();
        shown.join(", ")
    }

    /// The receivers that may be told of an alert that this route takes, each with whether that is
    /// sure.
    pub(crate) fn told_of<'a>(&'a self, alert: &Alert<'_>) -> Vec<(&'a str, Verdict)> {
        let mut told = Vec::new();
        // Whether an alert gets past the children that are looked at.
        let mut gets_past = Verdict::Yes;
        let mut is_taken = Verdict::No;
        for child in &self.children {
            let takes = child.takes(alert) & gets_past;
            if takes == Verdict::No {
                continue;
            }
            let below = child.told_of(alert).into_iter();
            told.extend(below.map(|(receiver, sure)| (receiver, sure & takes)));
            is_taken = is_taken.max(takes);
            if !child.continues {
                gets_past = match takes {
                    Verdict::Yes => Verdict::No,
                    _ => Verdict::Maybe,
                };
            }
            if gets_past == Verdict::No {
                break;
            }
        }
        let falls_to_itself = match is_taken {
            Verdict::Yes => Verdict::No,
            Verdict::Maybe => Verdict::Maybe,
            Verdict::No => Verdict::Yes,
        };
        if falls_to_itself != Verdict::No {
            told.push((&self.receiver, falls_to_itself));
        }
        told
    }
}

impl Receiver {
    fn of(node: &Node) -> Option<Self> {
        let configs = node.entries().iter().filter_map(|(key, value)| {
            let kind = key.text()?;
            kind.ends_with("_configs").then_some((kind, value))
        });
        Some(Self {
            name: node.get("name").and_then(Text::of)?,
            configs: configs
                .flat_map(|(kind, entries)| {
                    let entries = entries.items().iter();
                    entries.map(|entry| (kind.to_owned(), entry.clone()))
                })
                .collect(),
        })
    }
}

/// Whether a receiver of this name is meant to tell nobody.
pub(crate) fn is_nobody_by_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let words: Vec<_> = name.split(|c: char| !c.is_alphanumeric()).collect();
    let nobody = [
        "null",
        "nil",
        "none",
        "blackhole",
        "devnull",
        "void",
        "nobody",
        "noop",
        "drop",
        "discard",
        "silent",
        "silence",
        "ignore",
        "ignored",
        "empty",
        "dummy",
        "mute",
        "muted",
        "nowhere",
        "trash",
        "sink",
        "nothing",
        "hole",
        "noreceiver",
    ];
    words.iter().any(|word| nobody.contains(word))
}

impl Inhibition {
    /// The matchers of the alerts that mute, as a person writes them, in one order.
    pub(crate) fn shown_source(&self) -> Vec<&str> {
        shown(&self.source)
    }

    /// The matchers of the alerts that are muted.
    pub(crate) fn shown_target(&self) -> Vec<&str> {
        shown(&self.target)
    }

    /// Whether all its matchers are written in a way that is understood here.
    pub(crate) fn is_understood(&self) -> bool {
        let mut matchers = self.source.iter().chain(&self.target);
        matchers.all(Matcher::is_understood)
    }
}

fn shown(matchers: &[Matcher]) -> Vec<&str> {
    let mut shown: Vec<_> = matchers.iter().map(|it| it.shown.as_str()).collect();
    shown.sort_unstable();
    shown
}
