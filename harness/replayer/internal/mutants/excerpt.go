package mutants

import (
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"gopkg.in/yaml.v3"
)

// excerpt is a file without the lines of most other rules, so that trying a mutant takes as long
// as its rule is, not as the file is.
type excerpt struct {
	text              string
	groups            *rulefmt.RuleGroups
	groupIndex, index int
	cuts              []span
}

// span is a part of the file's text.
type span struct{ from, to int }

func (f *rulesFile) wholeFor(r *rule) *excerpt {
	return &excerpt{text: f.text, groups: f.groups, groupIndex: r.groupIndex, index: r.index}
}

// excerptFor leaves out what is certain to be other rules: all between the first line of one and
// the first of the next. The last ones stay, for what follows them may belong to the file.
func (f *rulesFile) excerptFor(r *rule) *excerpt {
	whole := f.wholeFor(r)
	if f.shared {
		return whole
	}
	short := &excerpt{}
	kept := &rulefmt.RuleGroups{}
	for g, group := range f.groups.Groups {
		last := g == len(f.groups.Groups)-1
		if g != r.groupIndex && !last {
			if !f.cut(short, f.groupNodes, g) {
				return whole
			}
			continue
		}
		rules := group.Rules
		group.Rules = nil
		for i := range rules {
			wanted := g == r.groupIndex && i == r.index
			if !wanted && i < len(rules)-1 {
				if !f.cut(short, rulesOfGroup(f.groupNodes, g), i) {
					return whole
				}
				continue
			}
			if wanted {
				short.groupIndex, short.index = len(kept.Groups), len(group.Rules)
			}
			group.Rules = append(group.Rules, rules[i])
		}
		kept.Groups = append(kept.Groups, group)
	}
	var text strings.Builder
	at := 0
	for _, c := range short.cuts {
		if c.from < at || c.to < c.from {
			return whole
		}
		text.WriteString(f.text[at:c.from])
		at = c.to
	}
	text.WriteString(f.text[at:])
	short.text = text.String()
	groups, errs := readRules(short.text)
	if len(errs) > 0 || !sameGroups(kept, groups, nil) {
		return whole
	}
	short.groups = groups
	return short
}

// cut leaves out the lines of one item of a list, up to the next item's first.
func (f *rulesFile) cut(short *excerpt, items []*yaml.Node, i int) bool {
	if i+1 >= len(items) || items[i].Line >= items[i+1].Line || items[i+1].Line > len(f.yaml) {
		return false
	}
	short.cuts = append(short.cuts, span{f.yaml[items[i].Line-1], f.yaml[items[i+1].Line-1]})
	return true
}

// moved is an edit of the file as one of the excerpt.
func (x *excerpt) moved(e edit) (edit, bool) {
	gone := 0
	for _, c := range x.cuts {
		if e.to < c.from || e.to == c.from && e.from < e.to {
			break
		}
		if e.from < c.to {
			return edit{}, false
		}
		gone += c.to - c.from
	}
	return edit{e.from - gone, e.to - gone, e.text}, true
}
