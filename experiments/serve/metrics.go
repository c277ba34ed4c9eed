package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec // by code
	failures *prometheus.CounterVec // by reason
	latency  prometheus.Histogram
	nfe      prometheus.Histogram
	steps    *prometheus.CounterVec // accepted and rejected
	rows     prometheus.Histogram
}

func newMetrics(waiting func() float64) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "regnde_requests_total", Help: "Requests for predictions by status code."}, []string{"code"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "regnde_failures_total", Help: "Requests without a prediction by reason."}, []string{"reason"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "regnde_request_seconds", Help: "Time of a request for predictions, from the body read to the answer written.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		nfe: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "regnde_nfe", Help: "Evaluations of the dynamics for one input.", Buckets: prometheus.ExponentialBuckets(8, 1.5, 14),
		}),
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "regnde_steps_total", Help: "Attempts of the solver by whether they were accepted."}, []string{"accepted"}),
		rows: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "regnde_batch_rows", Help: "Inputs that were solved together.", Buckets: prometheus.ExponentialBuckets(1, 2, 8),
		}),
	}
	m.registry.MustRegister(m.requests, m.failures, m.latency, m.nfe, m.steps, m.rows,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "regnde_inputs_present", Help: "Inputs that wait or are being solved."}, waiting),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler serves the metrics in the Prometheus form.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// served notes a request that was answered with a status code since start.
func (m *metrics) served(code int, start time.Time) {
	m.requests.WithLabelValues(strconv.Itoa(code)).Inc()
	m.latency.Observe(time.Since(start).Seconds())
}

// solved notes what an answer cost.
func (m *metrics) solved(a answer) {
	m.nfe.Observe(float64(a.NFE))
	m.steps.WithLabelValues("true").Add(float64(a.Accepted))
	m.steps.WithLabelValues("false").Add(float64(a.Rejected))
}
