package replay

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"alertdrill/replayer/internal/failure"
	"alertdrill/replayer/internal/recording"
)

// What `prometheus` takes where no flag says otherwise (cmd/prometheus/main.go).
const (
	outageTolerance = time.Hour
	forGracePeriod  = 10 * time.Minute
	resendDelay     = time.Minute
)

// File is a file of rules, by the path under which the server has loaded it: the path is part of
// what a group's slot is computed from.
type File struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// textLoader lets Prometheus load rules from texts as it would from files.
type textLoader map[string]string

func (l textLoader) Load(path string) (*rulefmt.RuleGroups, []error) {
	groups, errs := rulefmt.Parse([]byte(l[path]))
	for i := range errs {
		errs[i] = fmt.Errorf("%s: %w", path, errs[i])
	}
	return groups, errs
}

func (textLoader) Parse(query string) (parser.Expr, error) { return parser.ParseExpr(query) }

// wordless loads rules without their annotations: to expand them is half of what an alert costs.
type wordless struct{ textLoader }

func (l wordless) Load(path string) (*rulefmt.RuleGroups, []error) {
	groups, errs := l.textLoader.Load(path)
	if len(errs) > 0 {
		return groups, errs
	}
	for _, group := range groups.Groups {
		for i := range group.Rules {
			group.Rules[i].Annotations = nil
		}
	}
	return groups, nil
}

// checked are the files as the loader reads them, if Prometheus takes all of them. Prometheus tells
// of the first bad file only; here each is told.
func checked(files []File) (textLoader, error) {
	texts := textLoader{}
	refused := failure.New(failure.BadRules, "Prometheus does not take these rules")
	for _, file := range files {
		if _, twice := texts[file.Path]; twice {
			return nil, failure.New(failure.BadAsk, "the file %s is given twice", file.Path)
		}
		texts[file.Path] = file.Text
		_, errs := texts.Load(file.Path)
		for _, err := range errs {
			refused.Details = append(refused.Details, err.Error())
		}
	}
	if len(refused.Details) > 0 {
		return nil, refused
	}
	return texts, nil
}

// server is what of a Prometheus server evaluates rules, from one start to the next.
type server struct {
	groups map[string]*rules.Group
}

// started loads the rules as a server does that has just been started.
func started(
	from *recording.Recording, files []File, texts rules.GroupLoader, metrics *rules.Metrics,
	view *recording.View, outputs *recording.Outputs, query rules.QueryFunc,
) (*server, error) {
	externalURL, err := url.Parse(from.ExternalURL)
	if err != nil {
		return nil, failure.New(failure.BadAsk, "external_url is no URL: %s", err)
	}
	manager := rules.NewManager(&rules.ManagerOptions{
		ExternalURL:     externalURL,
		QueryFunc:       query,
		NotifyFunc:      func(context.Context, string, ...*rules.Alert) {},
		Context:         context.Background(),
		Appendable:      outputs,
		Queryable:       view,
		Logger:          log.NewNopLogger(),
		OutageTolerance: outageTolerance,
		ForGracePeriod:  forGracePeriod,
		ResendDelay:     resendDelay,
		GroupLoader:     texts,
		Metrics:         metrics,
	})
	paths := make([]string, 0, len(files))
	for _, file := range files {
		paths = append(paths, file.Path)
	}
	groups, errs := manager.LoadGroups(
		from.EvaluationInterval, from.ExternalLabels, from.ExternalURL, nil, paths...)
	if len(errs) > 0 {
		refused := failure.New(failure.BadRules, "Prometheus does not load these rules")
		for _, err := range errs {
			refused.Details = append(refused.Details, err.Error())
		}
		return nil, refused
	}
	return &server{groups: groups}, nil
}

// setRestored makes a group's rules those of a server that has been up for long, or of one that has
// just been started.
func setRestored(group *rules.Group, restored bool) {
	for _, rule := range group.Rules() {
		if alerting, ok := rule.(*rules.AlertingRule); ok {
			alerting.SetRestored(restored)
		}
	}
}
