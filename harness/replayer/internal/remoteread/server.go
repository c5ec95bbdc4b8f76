package remoteread

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"alertdrill/replayer/internal/failure"
)

const (
	longestRead    = 10 * time.Minute
	mostBodyToTell = 300
	streamedType   = "application/x-streamed-protobuf"
)

// server is a Prometheus that answers remote read.
type server struct {
	endpoint string
	// name is its URL without a password.
	name   string
	client http.Client
}

func newServer(base string) (*server, error) {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" {
		return nil, failure.New(failure.BadAsk, "url is not the URL of a server")
	}
	return &server{
		endpoint: parsed.JoinPath("api/v1/read").String(),
		name:     parsed.Redacted(),
		client:   http.Client{Timeout: longestRead},
	}, nil
}

// receivedSeries is what the server has of a series in one window.
type receivedSeries struct {
	labels  labels.Labels
	samples []sample
}

type sample struct {
	t  int64
	v  float64
	h  *histogram.Histogram
	fh *histogram.FloatHistogram
}

// isStale compares bits: a staleness marker is one NaN among many.
func (s sample) isStale() bool {
	switch {
	case s.h != nil:
		return value.IsStaleNaN(s.h.Sum)
	case s.fh != nil:
		return value.IsStaleNaN(s.fh.Sum)
	default:
		return value.IsStaleNaN(s.v)
	}
}

// inOrder are the samples in the order of time, one of each timestamp: chunks may overlap.
func (s receivedSeries) inOrder() []sample {
	older := func(a, b sample) int {
		switch {
		case a.t < b.t:
			return -1
		case a.t > b.t:
			return 1
		default:
			return 0
		}
	}
	if !slices.IsSortedFunc(s.samples, older) {
		slices.SortStableFunc(s.samples, older)
	}
	return slices.CompactFunc(s.samples, func(a, b sample) bool { return a.t == b.t })
}

// read gives every series that has a sample in the window.
func (s *server) read(
	ctx context.Context, w window, each func(receivedSeries) error,
) error {
	everything := labels.MustNewMatcher(labels.MatchRegexp, labels.MetricName, ".+")
	query, err := remote.ToQuery(w.fromMs, w.untilMs, []*labels.Matcher{everything}, nil)
	if err != nil {
		return err
	}
	asked, err := proto.Marshal(&prompb.ReadRequest{
		Queries: []*prompb.Query{query},
		AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{
			prompb.ReadRequest_STREAMED_XOR_CHUNKS, prompb.ReadRequest_SAMPLES,
		},
	})
	if err != nil {
		return err
	}
	post, err := http.NewRequestWithContext(
		ctx, http.MethodPost, s.endpoint, bytes.NewReader(snappy.Encode(nil, asked)))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Type", "application/x-protobuf")
	post.Header.Set("Content-Encoding", "snappy")
	post.Header.Set("X-Prometheus-Remote-Read-Version", "0.1.0")
	response, err := s.client.Do(post)
	if err != nil {
		return s.noAnswer("%s", withoutURL(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		begin, _ := io.ReadAll(io.LimitReader(response.Body, mostBodyToTell))
		return s.noAnswer("status %s: %s", response.Status, strings.TrimSpace(string(begin)))
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), streamedType) {
		return s.readStream(response.Body, each)
	}
	return s.readSamples(response.Body, each)
}

func (s *server) noAnswer(format string, args ...any) error {
	return failure.New(failure.NoAnswer, "remote read from %s failed: %s",
		s.name, fmt.Sprintf(format, args...))
}

// withoutURL drops what http puts around an error: the URL, which is told without a password.
func withoutURL(err error) error {
	var around *url.Error
	if errors.As(err, &around) {
		return around.Err
	}
	return err
}

func (s *server) readStream(body io.Reader, each func(receivedSeries) error) error {
	frames := remote.NewChunkedReader(body, remote.DefaultChunkedReadLimit, nil)
	var current receivedSeries
	hand := func() error {
		if len(current.samples) == 0 {
			return nil
		}
		return each(current)
	}
	for {
		var frame prompb.ChunkedReadResponse
		err := frames.NextProto(&frame)
		if errors.Is(err, io.EOF) {
			return hand()
		}
		if err != nil {
			return s.noAnswer("the stream of its answer ends or is torn: %s", err)
		}
		for _, part := range frame.ChunkedSeries {
			l := labelsOf(part.Labels)
			// A series may be split over several frames.
			if !labels.Equal(l, current.labels) {
				if err := hand(); err != nil {
					return err
				}
				current = receivedSeries{labels: l, samples: current.samples[:0]}
			}
			for _, c := range part.Chunks {
				if err := current.addChunk(c); err != nil {
					return s.noAnswer("a chunk of %s cannot be read: %s", l, err)
				}
			}
		}
	}
}

func (s *receivedSeries) addChunk(c prompb.Chunk) error {
	// The numbers of encodings are the same on the wire and in a TSDB.
	data, err := chunkenc.FromData(chunkenc.Encoding(c.Type), c.Data)
	if err != nil {
		return err
	}
	it := data.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		var next sample
		switch kind {
		case chunkenc.ValHistogram:
			next.t, next.h = it.AtHistogram(nil)
		case chunkenc.ValFloatHistogram:
			next.t, next.fh = it.AtFloatHistogram(nil)
		default:
			next.t, next.v = it.At()
		}
		s.samples = append(s.samples, next)
	}
	return it.Err()
}

func (s *server) readSamples(body io.Reader, each func(receivedSeries) error) error {
	packed, err := io.ReadAll(body)
	if err != nil {
		return s.noAnswer("its answer ends: %s", err)
	}
	unpacked, err := snappy.Decode(nil, packed)
	if err != nil {
		return s.noAnswer("its answer is not remote read: %s", err)
	}
	var answer prompb.ReadResponse
	if err := proto.Unmarshal(unpacked, &answer); err != nil {
		return s.noAnswer("its answer is not remote read: %s", err)
	}
	for _, result := range answer.Results {
		for _, one := range result.Timeseries {
			received := receivedSeries{labels: labelsOf(one.Labels)}
			for _, given := range one.Samples {
				received.samples = append(received.samples,
					sample{t: given.Timestamp, v: given.Value})
			}
			for _, given := range one.Histograms {
				received.samples = append(received.samples, histogramOf(given))
			}
			if err := each(received); err != nil {
				return err
			}
		}
	}
	return nil
}

func histogramOf(given prompb.Histogram) sample {
	if given.IsFloatHistogram() {
		return sample{t: given.Timestamp, fh: remote.FloatHistogramProtoToFloatHistogram(given)}
	}
	return sample{t: given.Timestamp, h: remote.HistogramProtoToHistogram(given)}
}

func labelsOf(given []prompb.Label) labels.Labels {
	var builder labels.ScratchBuilder
	for _, l := range given {
		builder.Add(l.Name, l.Value)
	}
	builder.Sort()
	return builder.Labels()
}
