package mutants

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template/parse"
)

// ofAnnotations gives the mutants of what people are told.
func ofAnnotations(file *rulesFile, r *rule) []candidate {
	var all []candidate
	for _, name := range slices.Sorted(maps.Keys(r.node.Annotations)) {
		text := r.node.Annotations[name]
		written := fieldOf(fieldOf(r.yaml, "annotations").value, name)
		part := "annotations." + name
		changed := func(e edit, old string) candidate {
			return candidate{
				id:      fmt.Sprintf("%s/%s/annotation/%s/%s", r.identity, part, old, e.text),
				mutator: "annotation", part: part, says: becomes(old, e.text),
				wanted: r.original.with(func(f *form) { f.annotations[name] = e.applied(text) }),
				ways:   file.changed(written, text, e),
			}
		}
		all = append(all, candidate{
			id:      fmt.Sprintf("%s/%s/annotation/%s/removed", r.identity, part, name),
			mutator: "annotation", part: part,
			says:   fmt.Sprintf("the annotation `%s` is removed", name),
			wanted: r.original.with(func(f *form) { delete(f.annotations, name) }),
			ways:   file.withoutField(written),
		})
		for _, label := range labelsRead(text) {
			all = append(all, changed(edit{label.from, label.to, label.text + "_"}, label.text))
		}
		if strings.Contains(strings.ToLower(name), "runbook") {
			if e, found := otherRunbook(text); found {
				all = append(all, changed(e, text[e.from:e.to]))
			}
		}
	}
	return all
}

// otherRunbook changes the last part of a runbook's path, before its extension.
func otherRunbook(url string) (edit, bool) {
	end := len(url)
	if at := strings.IndexAny(url, "?#"); at >= 0 {
		end = at
	}
	end = len(strings.TrimRight(url[:end], "/ \n"))
	start := strings.LastIndexByte(url[:end], '/') + 1
	last := url[start:end]
	stem := strings.TrimSuffix(last, path.Ext(last))
	if stem == "" || strings.ContainsAny(last, "{}") {
		return edit{}, false
	}
	return edit{start, end, stem + "_" + last[len(stem):]}, true
}

// templateStart is what Prometheus puts before each template.
const templateStart = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}" +
	"{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// labelsRead finds each `$labels.x` and `.Labels.x` by the grammar of templates.
func labelsRead(text string) []edit {
	tree := parse.New("annotation")
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(templateStart+text, "", "", trees); err != nil {
		return nil
	}
	var found []edit
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		walkTemplate(trees[name].Root, func(at parse.Pos, ident []string) {
			if len(ident) < 2 || ident[0] != "$labels" && ident[0] != "Labels" {
				return
			}
			written := ident[0] + "." + ident[1]
			// The parser says of a chain where its second link begins.
			for _, from := range []int{int(at), int(at) - len(ident[0]), int(at) + 1} {
				from -= len(templateStart)
				if from >= 0 && strings.HasPrefix(text[from:], written) {
					found = append(found, edit{from, from + len(written), written})
					return
				}
			}
		})
	}
	slices.SortFunc(found, func(a, b edit) int { return a.from - b.from })
	return found
}

func walkTemplate(node parse.Node, visit func(at parse.Pos, ident []string)) {
	branches := func(n *parse.BranchNode) {
		walkTemplate(n.Pipe, visit)
		walkTemplate(n.List, visit)
		walkTemplate(n.ElseList, visit)
	}
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				walkTemplate(child, visit)
			}
		}
	case *parse.PipeNode:
		if n != nil {
			for _, command := range n.Cmds {
				walkTemplate(command, visit)
			}
		}
	case *parse.CommandNode:
		for _, arg := range n.Args {
			walkTemplate(arg, visit)
		}
	case *parse.ActionNode:
		walkTemplate(n.Pipe, visit)
	case *parse.TemplateNode:
		walkTemplate(n.Pipe, visit)
	case *parse.IfNode:
		branches(&n.BranchNode)
	case *parse.RangeNode:
		branches(&n.BranchNode)
	case *parse.WithNode:
		branches(&n.BranchNode)
	case *parse.ChainNode:
		walkTemplate(n.Node, visit)
	case *parse.VariableNode:
		visit(n.Pos, n.Ident)
	case *parse.FieldNode:
		visit(n.Pos, n.Ident)
	}
}
