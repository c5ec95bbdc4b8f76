package mutants

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// ofDurations gives the mutants of `for` and `keep_firing_for`.
func ofDurations(file *rulesFile, r *rule) []candidate {
	wait := durationField{"for", r.node.For, "1m",
		func(f *form, d model.Duration) { f.wait = d }}
	keep := durationField{"keep_firing_for", r.node.KeepFiringFor, "5m",
		func(f *form, d model.Duration) { f.keep = d }}
	return append(wait.candidates(file, r), keep.candidates(file, r)...)
}

type durationField struct {
	name  string
	value model.Duration
	usual string
	set   func(*form, model.Duration)
}

func (d durationField) candidates(file *rulesFile, r *rule) []candidate {
	written := fieldOf(r.yaml, d.name)
	if written.value == nil {
		return []candidate{d.candidate(r, d.usual, "is added",
			file.inserted(r, d.name+": "+d.usual))}
	}
	others := []string{d.usual}
	if d.value != 0 {
		others = nil
		for _, other := range halfAndTwice(time.Duration(d.value)) {
			others = append(others, durationText(other))
		}
		others = append(others, "0s")
	}
	old := resolved(written.value).Value
	var all []candidate
	for _, other := range others {
		ways := file.changed(written, old, edit{0, len(old), other})
		all = append(all, d.candidate(r, other, fmt.Sprintf("was `%s`", old), ways))
	}
	return all
}

func (d durationField) candidate(r *rule, other, how string, ways []edit) candidate {
	value, _ := model.ParseDuration(other)
	says := fmt.Sprintf("`%s: %s` %s", d.name, other, how)
	if how != "is added" {
		says = fmt.Sprintf("`%s` becomes `%s`, it %s", d.name, other, how)
	}
	return candidate{
		id:      fmt.Sprintf("%s/%s/%s/%s", r.identity, d.name, d.name, other),
		mutator: d.name, part: d.name, says: says,
		wanted: r.original.with(func(f *form) { d.set(f, value) }),
		ways:   ways,
	}
}

// inserted puts a field before the rule's expression, where a line or an item begins for certain.
func (f *rulesFile) inserted(r *rule, text string) []edit {
	if r.yaml == nil {
		return nil
	}
	mapping := resolved(r.yaml)
	if mapping.Kind != yaml.MappingNode || len(mapping.Content) == 0 {
		return nil
	}
	key := mapping.Content[0]
	if written := fieldOf(mapping, "expr"); written.mapping == mapping {
		key = written.key
	}
	at, ok := f.byteOf(key.Line, key.Column)
	if !ok {
		return nil
	}
	separator := newline(f.text) + strings.Repeat(" ", key.Column-1)
	if mapping.Style&yaml.FlowStyle != 0 {
		separator = ", "
	}
	return []edit{{at, at, text + separator}}
}

// ofLabels gives the mutants of a rule's labels. Severity decides who is told, so it has a mutator
// of its own.
func ofLabels(file *rulesFile, r *rule) []candidate {
	var all []candidate
	for _, name := range slices.Sorted(maps.Keys(r.node.Labels)) {
		value := r.node.Labels[name]
		written := fieldOf(fieldOf(r.yaml, "labels").value, name)
		mutator, other := "label", value+"_"
		if name == "severity" {
			mutator, other = "severity", "warning"
			if value == "warning" {
				other = "critical"
			}
		}
		part := "labels." + name
		all = append(all, candidate{
			id:      fmt.Sprintf("%s/%s/%s/%s/%s", r.identity, part, mutator, name, other),
			mutator: mutator, part: part,
			says:   fmt.Sprintf("the label `%s` becomes `%s`, it was `%s`", name, other, value),
			wanted: r.original.with(func(f *form) { f.labels[name] = other }),
			ways:   file.changed(written, value, edit{0, len(value), other}),
		}, candidate{
			id:      fmt.Sprintf("%s/%s/%s/%s/removed", r.identity, part, mutator, name),
			mutator: mutator, part: part,
			says:   fmt.Sprintf("the label `%s` is removed", name),
			wanted: r.original.with(func(f *form) { delete(f.labels, name) }),
			ways:   file.withoutField(written),
		})
	}
	return all
}

// withoutField are the ways to remove a key and its value from a mapping.
func (f *rulesFile) withoutField(removed field) []edit {
	if removed.value == nil {
		return nil
	}
	key, found := f.byteOf(removed.key.Line, removed.key.Column)
	value, mapped := readScalar(f.lines, removed.value, removed.key.Column-1)
	if !found || !mapped {
		return nil
	}
	if removed.mapping.Style&yaml.FlowStyle != 0 {
		return f.withoutItem(removed, key, value.to)
	}
	line := lineStart(f.text, key)
	end := value.to
	for end < len(f.text) && breakAt(f.text, end) == 0 {
		end++
	}
	if end < len(f.text) {
		end += breakAt(f.text, end)
	}
	return []edit{{key, value.to, ""}, {line, end, ""}}
}

// withoutItem removes one item between braces, with the comma after it or before it.
func (f *rulesFile) withoutItem(removed field, key, end int) []edit {
	items := removed.mapping.Content
	if removed.index+2 < len(items) {
		next := items[removed.index+2]
		if to, ok := f.byteOf(next.Line, next.Column); ok {
			return []edit{{key, to, ""}}
		}
	}
	if removed.index >= 2 {
		before, ok := readScalar(f.lines, items[removed.index-1], 0)
		if ok {
			return []edit{{before.to, end, ""}}
		}
	}
	return []edit{{key, end, ""}}
}
