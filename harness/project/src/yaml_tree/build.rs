//! Builds the tree from the parser's events, without recursion: a file of others may be as deep as
//! it likes.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::{Node, Place, Value};

/// The most values of a file, with aliases counted as what they stand for: a file of a few lines can
/// mean billions.
const MOST_VALUES: usize = 2_000_000;
/// The deepest nesting that is read.
const DEEPEST: usize = 200;

/// Why a text is no YAML that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotYaml {
    /// Where.
    pub place: Place,
    /// Why, as the parser says it.
    pub reason: String,
}

/// A list or a map that is not at its end.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<Node>,
    depth_below: usize,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchored: BTreeMap<usize, (Node, usize, usize)>,
    documents: Vec<Node>,
    values: usize,
}

/// The documents of a file; one that is empty is null.
///
/// # Errors
/// [`NotYaml`] with the place at which it stops to be YAML.
pub fn parse(text: &str) -> Result<Vec<Node>, NotYaml> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| NotYaml {
            place: place_of(error.marker().line(), error.marker().col()),
            reason: error.info(),
        })?;
        builder.take(event, &span)?;
    }
    Ok(builder.documents)
}

fn place_of(line: usize, column: usize) -> Place {
    Place {
        line: line.max(1),
        column: column + 1,
    }
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), NotYaml> {
        let place = place_of(span.start.line(), span.start.col());
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_quoted = style != ScalarStyle::Plain;
                let value = if text.is_empty() && !is_quoted {
                    Value::Null
                } else {
                    Value::Text {
                        text: text.into_owned(),
                        is_quoted,
                    }
                };
                self.add(Node { value, place }, anchor, 1, 0)?;
            }
            Event::Alias(anchor) => {
                let (node, size, depth) = self.anchored.get(&anchor).cloned().unwrap_or_default();
                // What an alias stands for is counted before it is copied.
                if self.values + size > MOST_VALUES {
                    return Err(too_much(place));
                }
                let value = node.value;
                self.add(Node { value, place }, 0, size, depth)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(Value::List(Vec::new()), place, anchor)?;
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(Value::Map(Vec::new()), place, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut ended) = self.open.pop() {
                    if let Some(key) = ended.key.take() {
                        put(&mut ended.node, key, Node::default());
                    }
                    merge(&mut ended.node);
                    let size = size_of(&ended.node);
                    self.add(ended.node, ended.anchor, size, ended.depth_below + 1)?;
                }
            }
            Event::DocumentStart(..) => self.anchored.clear(),
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, value: Value, place: Place, anchor: usize) -> Result<(), NotYaml> {
        if self.open.len() >= DEEPEST {
            return Err(NotYaml {
                place,
                reason: format!("it is nested more than {DEEPEST} deep"),
            });
        }
        self.open.push(Open {
            node: Node { value, place },
            anchor,
            key: None,
            depth_below: 0,
        });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize, size: usize, depth: usize) -> Result<(), NotYaml> {
        self.values += size;
        if self.values > MOST_VALUES || self.open.len() + depth > DEEPEST {
            return Err(too_much(node.place));
        }
        if anchor != 0 {
            self.anchored.insert(anchor, (node.clone(), size, depth));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.depth_below = open.depth_below.max(depth);
        match (&mut open.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (_, None) => open.key = Some(node),
            (_, Some(key)) => put(&mut open.node, key, node),
        }
        Ok(())
    }
}

fn too_much(place: Place) -> NotYaml {
    NotYaml {
        place,
        reason: "it means more than can be read: its aliases multiply it".to_owned(),
    }
}

fn put(map: &mut Node, key: Node, value: Node) {
    if let Value::Map(entries) = &mut map.value {
        entries.push((key, value));
    }
}

fn size_of(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Text { .. } => 1,
        Value::List(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Value::Map(entries) => {
            let sizes = entries
                .iter()
                .map(|(key, value)| size_of(key) + size_of(value));
            1 + sizes.sum::<usize>()
        }
    }
}

/// Puts what `<<` names into a map, unless the map says otherwise itself.
fn merge(node: &mut Node) {
    let Value::Map(entries) = &mut node.value else {
        return;
    };
    if !entries.iter().any(|(key, _)| key.text() == Some("<<")) {
        return;
    }
    let (merged, mut own): (Vec<_>, Vec<_>) = std::mem::take(entries)
        .into_iter()
        .partition(|(key, _)| key.text() == Some("<<"));
    for (_, source) in merged {
        let sources = match source.value {
            Value::List(items) => items,
            value => vec![Node { value, ..source }],
        };
        for (key, value) in sources.into_iter().flat_map(|source| match source.value {
            Value::Map(entries) => entries,
            _ => Vec::new(),
        }) {
            if !own.iter().any(|(there, _)| there.value == key.value) {
                own.push((key, value));
            }
        }
    }
    *entries = own;
}
