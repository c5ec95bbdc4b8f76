package protocol

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"alertdrill/replayer/internal/failure"
	"alertdrill/replayer/internal/mutants"
	"alertdrill/replayer/internal/recording"
	"alertdrill/replayer/internal/remoteread"
	"alertdrill/replayer/internal/replay"
)

// session is what lasts from one ask to the next.
type session struct {
	mutex  sync.Mutex
	opened *recording.Recording
	kept   *recording.Outputs
}

func (s *session) handle(to ask) (any, error) {
	switch to.name {
	case "record":
		return s.record(to)
	case "open":
		return s.open(to)
	case "timing":
		return s.timing(to)
	case "evaluate":
		return s.evaluate(to)
	case "prove":
		return s.prove(to)
	case "range":
		return s.queryRange(to)
	case "mutants":
		return s.mutants(to)
	default:
		return nil, failure.New(failure.BadAsk, "there is no ask %q", to.name)
	}
}

func (s *session) recording() (*recording.Recording, *recording.Outputs, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.opened == nil {
		return nil, nil, failure.New(failure.BadAsk, "no recording is open")
	}
	return s.opened, s.kept, nil
}

func (s *session) record(to ask) (any, error) {
	request, err := decode[remoteread.Request](to)
	if err != nil {
		return nil, err
	}
	return remoteread.Record(context.Background(), request)
}

type openRequest struct {
	TSDB                 string            `json:"tsdb"`
	LookbackMs           int64             `json:"lookback_ms"`
	EvaluationIntervalMs int64             `json:"evaluation_interval_ms"`
	ExternalLabels       map[string]string `json:"external_labels"`
	ExternalURL          string            `json:"external_url"`
	Outputs              []string          `json:"outputs"`
	FromMs               *int64            `json:"from_ms"`
	UntilMs              *int64            `json:"until_ms"`
}

type openResult struct {
	Series     int      `json:"series"`
	Samples    int      `json:"samples"`
	FromMs     int64    `json:"from_ms"`
	UntilMs    int64    `json:"until_ms"`
	Metrics    []string `json:"metrics"`
	OpenedInMs int64    `json:"opened_in_ms"`
}

func (s *session) open(to ask) (any, error) {
	began := time.Now()
	request, err := decode[openRequest](to)
	if err != nil {
		return nil, err
	}
	if request.LookbackMs <= 0 || request.EvaluationIntervalMs <= 0 {
		return nil, failure.New(failure.BadAsk,
			"lookback_ms and evaluation_interval_ms must be positive")
	}
	opened, err := recording.Open(recording.Options{
		Folder:             request.TSDB,
		Lookback:           milliseconds(request.LookbackMs),
		EvaluationInterval: milliseconds(request.EvaluationIntervalMs),
		ExternalLabels:     labels.FromMap(request.ExternalLabels),
		ExternalURL:        request.ExternalURL,
		Outputs:            request.Outputs,
		From:               request.FromMs,
		Until:              request.UntilMs,
	})
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	s.opened, s.kept = opened, nil
	s.mutex.Unlock()
	return openResult{
		Series: opened.SeriesCount, Samples: opened.SampleCount,
		FromMs: opened.First, UntilMs: opened.Last, Metrics: opened.Metrics(),
		OpenedInMs: time.Since(began).Milliseconds(),
	}, nil
}

func milliseconds(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

func (s *session) timing(to ask) (any, error) {
	request, err := decode[replay.TimingRequest](to)
	if err != nil {
		return nil, err
	}
	from, _, err := s.recording()
	if err != nil {
		return nil, err
	}
	return replay.Timing(from, request)
}

type evaluateRequest struct {
	replay.Request
	Visibility recording.Visibility `json:"visibility"`
	Keep       bool                 `json:"keep"`
}

func (s *session) evaluate(to ask) (any, error) {
	request, err := decode[evaluateRequest](to)
	if err != nil {
		return nil, err
	}
	switch request.Visibility {
	case "":
		request.Visibility = recording.Usual
	case recording.Usual, recording.Early, recording.Late:
	default:
		return nil, failure.New(failure.BadAsk, "there is no visibility %q", request.Visibility)
	}
	from, _, err := s.recording()
	if err != nil {
		return nil, err
	}
	result, outputs, err := replay.Evaluate(from, request.Request, request.Visibility)
	if err != nil {
		return nil, err
	}
	if request.Keep {
		s.keep(from, outputs)
	}
	return result, nil
}

func (s *session) prove(to ask) (any, error) {
	request, err := decode[replay.Request](to)
	if err != nil {
		return nil, err
	}
	from, _, err := s.recording()
	if err != nil {
		return nil, err
	}
	return replay.Prove(from, request)
}

// keep holds an evaluation's outputs, unless another recording was opened meanwhile.
func (s *session) keep(of *recording.Recording, outputs *recording.Outputs) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.opened == of {
		s.kept = outputs
	}
}

type rangeRequest struct {
	Query   string `json:"query"`
	StartMs int64  `json:"start_ms"`
	EndMs   int64  `json:"end_ms"`
	StepMs  int64  `json:"step_ms"`
}

type rangeResult struct {
	ResultType string        `json:"resultType"`
	Result     promql.Matrix `json:"result"`
}

func (s *session) queryRange(to ask) (any, error) {
	request, err := decode[rangeRequest](to)
	if err != nil {
		return nil, err
	}
	from, outputs, err := s.recording()
	if err != nil {
		return nil, err
	}
	if request.StepMs <= 0 || request.EndMs < request.StartMs {
		return nil, failure.New(failure.BadAsk,
			"step_ms must be positive, and end_ms not before start_ms")
	}
	ctx := context.Background()
	query, err := from.Engine.NewRangeQuery(
		ctx, from.NewView(outputs, recording.Usual), nil, request.Query,
		time.UnixMilli(request.StartMs).UTC(), time.UnixMilli(request.EndMs).UTC(),
		milliseconds(request.StepMs))
	if err != nil {
		return nil, failure.New(failure.BadAsk, "%s", err)
	}
	defer query.Close()
	answered := query.Exec(ctx)
	if answered.Err != nil {
		return nil, failure.New(failure.BadAsk, "%s", answered.Err)
	}
	matrix, err := answered.Matrix()
	if err != nil {
		return nil, err
	}
	if matrix == nil {
		matrix = promql.Matrix{}
	}
	// The engine reuses what it gave once the query is closed.
	copied := make(promql.Matrix, len(matrix))
	for i, series := range matrix {
		copied[i] = promql.Series{Metric: series.Metric}
		copied[i].Floats = append(copied[i].Floats, series.Floats...)
		copied[i].Histograms = append(copied[i].Histograms, series.Histograms...)
	}
	return rangeResult{ResultType: "matrix", Result: copied}, nil
}

type mutantsRequest struct {
	Files   []mutants.File `json:"files"`
	Metrics []string       `json:"metrics"`
}

func (s *session) mutants(to ask) (any, error) {
	request, err := decode[mutantsRequest](to)
	if err != nil {
		return nil, err
	}
	made, err := mutants.Of(request.Files, request.Metrics)
	var rules *mutants.RulesError
	if errors.As(err, &rules) {
		return nil, &failure.Failure{
			Kind: failure.BadRules, Message: err.Error(), Details: rules.Details,
		}
	}
	return made, err
}
