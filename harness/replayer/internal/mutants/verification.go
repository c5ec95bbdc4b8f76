package mutants

import (
	"fmt"
	"maps"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

const (
	notWritten = "alertdrill finds no text that says this"
	notAlone   = "alertdrill finds no text that changes this rule alone: " +
		"a YAML anchor makes it part of something else too"
	noPlace = "alertdrill does not find where this is written in the file"
)

// firstThatDoes gives the first way of writing the change after which the file loads, the rule is
// as wanted, and nothing else has changed.
func (f *rulesFile) firstThatDoes(r *rule, c candidate) (edit, string) {
	if r.tried == nil {
		r.tried = f.excerptFor(r)
	}
	for _, way := range c.ways {
		tried := r.tried
		moved, inside := tried.moved(way)
		if !inside {
			tried = f.wholeFor(r)
			moved = way
		}
		groups, errs := readRules(moved.applied(tried.text))
		if len(errs) == 0 && tried.changesOnly(groups, r, c) {
			return way, ""
		}
	}
	if len(c.ways) == 0 {
		return edit{}, noPlace
	}
	// The shortest way is refused for what is wrong with the change itself, or else a longer one
	// would have done.
	if _, errs := readRules(c.ways[0].applied(f.text)); len(errs) > 0 {
		return edit{}, words(errs)
	}
	if f.shared {
		return edit{}, notAlone
	}
	return edit{}, notWritten
}

func words(errs []error) string {
	var all []string
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}

func (x *excerpt) changesOnly(mutated *rulefmt.RuleGroups, r *rule, c candidate) bool {
	if x.groupIndex >= len(mutated.Groups) ||
		x.index >= len(mutated.Groups[x.groupIndex].Rules) {
		return false
	}
	rule := &mutated.Groups[x.groupIndex].Rules[x.index]
	return sameGroups(x.groups, mutated, rule) && says(rule, r, c)
}

// sameGroups compares all rules but one.
func sameGroups(a, b *rulefmt.RuleGroups, but *rulefmt.RuleNode) bool {
	if len(a.Groups) != len(b.Groups) {
		return false
	}
	for g, group := range a.Groups {
		other := b.Groups[g]
		if header(group) != header(other) || len(group.Rules) != len(other.Rules) {
			return false
		}
		for i := range group.Rules {
			if &other.Rules[i] != but && !sameText(&group.Rules[i], &other.Rules[i]) {
				return false
			}
		}
	}
	return true
}

func header(group rulefmt.RuleGroup) string {
	offset := "none"
	if group.QueryOffset != nil {
		offset = group.QueryOffset.String()
	}
	return fmt.Sprintf("%q %s %s %d", group.Name, group.Interval, offset, group.Limit)
}

func sameText(a, b *rulefmt.RuleNode) bool {
	return a.Expr.Value == b.Expr.Value && sameFields(a, form{
		record: b.Record.Value, alert: b.Alert.Value, wait: b.For, keep: b.KeepFiringFor,
		labels: b.Labels, annotations: b.Annotations,
	})
}

func sameFields(node *rulefmt.RuleNode, wanted form) bool {
	return node.Record.Value == wanted.record && node.Alert.Value == wanted.alert &&
		node.For == wanted.wait && node.KeepFiringFor == wanted.keep &&
		maps.Equal(node.Labels, wanted.labels) &&
		maps.Equal(node.Annotations, wanted.annotations)
}

func says(node *rulefmt.RuleNode, r *rule, c candidate) bool {
	if !sameFields(node, c.wanted) {
		return false
	}
	if c.part != "expr" {
		return node.Expr.Value == r.node.Expr.Value
	}
	expression, err := parser.ParseExpr(node.Expr.Value)
	return err == nil && canonical(expression) == canonical(c.wanted.expression)
}
