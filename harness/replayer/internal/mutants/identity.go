package mutants

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// identify names each rule so that its name stays when other rules come or go: by its fixed labels,
// for several alerts may share a name. Severity is left out as long as it can be, for it changes
// more often than what a rule is about.
func identify(files []*rulesFile) {
	var all []*rule
	for _, file := range files {
		all = append(all, file.rules...)
	}
	for _, r := range all {
		r.identity = named(r, func(label string) bool { return label != "severity" })
	}
	tell := func(apart func(*rule) string) {
		for _, shared := range ofOneIdentity(all) {
			for _, r := range shared {
				r.identity = apart(r)
			}
		}
	}
	tell(func(r *rule) string { return named(r, func(string) bool { return true }) })
	tell(func(r *rule) string { return r.identity + "@" + r.group })
	tell(func(r *rule) string { return r.identity + "@" + r.file })
	for _, shared := range ofOneIdentity(all) {
		for i, r := range shared {
			if i > 0 {
				r.identity = fmt.Sprintf("%s#%d", r.identity, i+1)
			}
		}
	}
}

func ofOneIdentity(all []*rule) [][]*rule {
	byIdentity := map[string][]*rule{}
	for _, r := range all {
		byIdentity[r.identity] = append(byIdentity[r.identity], r)
	}
	var shared [][]*rule
	for _, identity := range slices.Sorted(maps.Keys(byIdentity)) {
		if rules := byIdentity[identity]; len(rules) > 1 {
			shared = append(shared, rules)
		}
	}
	return shared
}

func named(r *rule, counts func(label string) bool) string {
	var labels []string
	for _, label := range slices.Sorted(maps.Keys(r.node.Labels)) {
		if counts(label) {
			labels = append(labels, fmt.Sprintf("%s=%q", label, r.node.Labels[label]))
		}
	}
	if len(labels) == 0 {
		return r.name()
	}
	return r.name() + "{" + strings.Join(labels, ",") + "}"
}
