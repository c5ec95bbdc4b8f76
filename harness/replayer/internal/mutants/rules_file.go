package mutants

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"gopkg.in/yaml.v3"
)

// rulesFile is a file that Prometheus loads, with the YAML of each rule.
type rulesFile struct {
	lines
	path       string
	groups     *rulefmt.RuleGroups
	groupNodes []*yaml.Node
	rules      []*rule
	// shared is whether an anchor is used, so that one text may be part of several rules.
	shared bool
}

type rule struct {
	file, group       string
	groupIndex, index int
	node              *rulefmt.RuleNode
	yaml              *yaml.Node
	identity          string
	original          form
	tried             *excerpt
	// meanings are those of the rule itself and of its mutants so far.
	meanings map[string]bool
}

func (r *rule) alerting() bool { return r.node.Alert.Value != "" }

func (r *rule) name() string {
	if r.alerting() {
		return r.node.Alert.Value
	}
	return r.node.Record.Value
}

// form is what a rule says, however it is written.
type form struct {
	record, alert       string
	expression          parser.Expr
	wait, keep          model.Duration
	labels, annotations map[string]string
}

func formOf(node *rulefmt.RuleNode) form {
	// The file was validated, so the expression parses.
	expression, _ := parser.ParseExpr(node.Expr.Value)
	return form{
		record:      node.Record.Value,
		alert:       node.Alert.Value,
		expression:  expression,
		wait:        node.For,
		keep:        node.KeepFiringFor,
		labels:      node.Labels,
		annotations: node.Annotations,
	}
}

func (f form) with(change func(*form)) form {
	f.labels = maps.Clone(f.labels)
	f.annotations = maps.Clone(f.annotations)
	change(&f)
	return f
}

// readRules reads a file as Prometheus does. yaml.v3 panics on some texts, which Prometheus does
// not load either.
func readRules(text string) (groups *rulefmt.RuleGroups, errs []error) {
	defer func() {
		if reason := recover(); reason != nil {
			groups, errs = nil, []error{fmt.Errorf("the YAML cannot be read: %v", reason)}
		}
	}()
	return rulefmt.Parse([]byte(text))
}

func load(file File) (*rulesFile, []string) {
	groups, errs := readRules(file.Text)
	if len(errs) > 0 {
		var messages []string
		for _, err := range errs {
			messages = append(messages, file.Path+": "+err.Error())
		}
		return nil, messages
	}
	loaded := &rulesFile{lines: linesOf(file.Text), path: file.Path, groups: groups}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(file.Text), &document); err != nil {
		return nil, []string{file.Path + ": " + err.Error()}
	}
	loaded.groupNodes = groupsOf(&document)
	loaded.shared = anchored(&document)
	for g, group := range groups.Groups {
		written := rulesOfGroup(loaded.groupNodes, g)
		for i := range group.Rules {
			r := &rule{
				file: file.Path, group: group.Name,
				groupIndex: g, index: i, node: &group.Rules[i],
			}
			if i < len(written) {
				r.yaml = written[i]
			}
			r.original = formOf(r.node)
			r.meanings = map[string]bool{r.original.meaning(): true}
			loaded.rules = append(loaded.rules, r)
		}
	}
	return loaded, nil
}

func groupsOf(document *yaml.Node) []*yaml.Node {
	if len(document.Content) == 0 {
		return nil
	}
	return contentOf(fieldOf(document.Content[0], "groups").value)
}

func rulesOfGroup(groups []*yaml.Node, group int) []*yaml.Node {
	if group >= len(groups) {
		return nil
	}
	return contentOf(fieldOf(groups[group], "rules").value)
}

func contentOf(list *yaml.Node) []*yaml.Node {
	if list == nil {
		return nil
	}
	return resolved(list).Content
}

func anchored(node *yaml.Node) bool {
	return node.Anchor != "" || slices.ContainsFunc(node.Content, anchored)
}

func resolved(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// field is a key and its value, in the mapping that has them.
type field struct {
	mapping, key, value *yaml.Node
	index               int
}

// fieldOf finds a key in a mapping, or in those that are merged into it by `<<`.
func fieldOf(node *yaml.Node, name string) field {
	if node == nil {
		return field{}
	}
	mapping := resolved(node)
	if mapping.Kind != yaml.MappingNode {
		return field{}
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if resolved(mapping.Content[i]).Value == name {
			return field{mapping, mapping.Content[i], mapping.Content[i+1], i}
		}
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value != "<<" {
			continue
		}
		merged := []*yaml.Node{mapping.Content[i+1]}
		if several := resolved(mapping.Content[i+1]); several.Kind == yaml.SequenceNode {
			merged = several.Content
		}
		for _, one := range merged {
			if found := fieldOf(one, name); found.value != nil {
				return found
			}
		}
	}
	return field{}
}
