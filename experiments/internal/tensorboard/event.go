package tensorboard

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Value is what an event says of one quantity, a Scalar or a Histogram.
type Value interface {
	// appendTo appends the Summary.Value.
	appendTo(b []byte) []byte
}

// Scalar is a number under a tag. The part of a tag up to a slash groups it with
// others. Numbers are kept in float32.
type Scalar struct {
	Tag   string
	Value float64
}

var _, _ Value = Scalar{}, Histogram{}

// Numbers of fields. Those of wall_time, step and others are in Event, value in
// Summary, tag and what follows in Summary.Value.
const (
	eventTime       protowire.Number = 1
	eventStep       protowire.Number = 2
	eventVersion    protowire.Number = 3
	eventSummary    protowire.Number = 5
	eventSessionLog protowire.Number = 7

	sessionLogStatus protowire.Number = 1

	summaryValue protowire.Number = 1

	valueTag       protowire.Number = 1
	valueSimple    protowire.Number = 2
	valueHistogram protowire.Number = 5
)

// version is the format of the events: from it on, readers obey restarts.
const version = "brain.Event:2"

// sessionStart is the status of a SessionLog that voids what other files have from
// its step on.
const sessionStart = 1

// begin is the first event of a file.
func begin(now time.Time) []byte {
	b := appendDouble(nil, eventTime, seconds(now))
	return appendBytes(b, eventVersion, []byte(version))
}

// restart is the event that voids earlier ones.
func restart(now time.Time, from int64) []byte {
	log := protowire.AppendTag(nil, sessionLogStatus, protowire.VarintType)
	log = protowire.AppendVarint(log, sessionStart)
	return appendBytes(header(now, from), eventSessionLog, log)
}

// summary is an event with values.
func summary(now time.Time, step int64, values []Value) []byte {
	var all []byte
	for _, v := range values {
		all = appendBytes(all, summaryValue, v.appendTo(nil))
	}
	return appendBytes(header(now, step), eventSummary, all)
}

// header is the time and the step of an event.
func header(now time.Time, step int64) []byte {
	b := appendDouble(nil, eventTime, seconds(now))
	b = protowire.AppendTag(b, eventStep, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(step))
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

func (s Scalar) appendTo(b []byte) []byte {
	b = appendBytes(b, valueTag, []byte(s.Tag))
	b = protowire.AppendTag(b, valueSimple, protowire.Fixed32Type)
	return protowire.AppendFixed32(b, math.Float32bits(float32(s.Value)))
}

func appendDouble(b []byte, field protowire.Number, x float64) []byte {
	b = protowire.AppendTag(b, field, protowire.Fixed64Type)
	return protowire.AppendFixed64(b, math.Float64bits(x))
}

func appendBytes(b []byte, field protowire.Number, x []byte) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendBytes(b, x)
}
