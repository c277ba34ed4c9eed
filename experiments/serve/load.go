package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"
)

// load is the load test: it sends requests from a number of callers at once and prints
// how long they took.
func load(ctx context.Context, args []string, images [][]float64, out io.Writer) error {
	flags := flag.NewFlagSet("serve load", flag.ContinueOnError)
	base := flags.String("url", "http://127.0.0.1:8080", "where the server is")
	requests := flags.Int("requests", 2000, "number of requests")
	callers := flags.Int("callers", 32, "requests that are under way at once")
	per := flags.Int("images", 1, "images of a request")
	if err := parseFlags(flags, args, out); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usageError{errors.Errorf("arguments %q after load, expected flags", flags.Args())}
	}
	if *requests < 1 || *callers < 1 || *per < 1 {
		return usageError{errors.Errorf("load of %d requests of %d images by %d callers, expected positive numbers", *requests, *per, *callers)}
	}
	bodies, err := encode(images, *per)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *callers}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var mu sync.Mutex
	var times []time.Duration // of the requests that were answered with 200
	codes := map[string]int{}
	var all sync.WaitGroup
	start := time.Now()
	for range *callers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(*requests) && ctx.Err() == nil; i = next.Add(1) {
				began := time.Now()
				code := post(ctx, client, *base+"/predict", bodies[int(i)%len(bodies)])
				took := time.Since(began)
				mu.Lock()
				codes[code]++
				if code == "200" {
					times = append(times, took)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	report(out, times, codes, time.Since(start), *per)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if len(times) == 0 {
		return errors.Errorf("none of the answers of %s is a prediction, expected a server there that takes such requests", *base)
	}
	return nil
}

// encode returns the bodies of requests of a number of images each.
func encode(images [][]float64, per int) (bodies [][]byte, err error) {
	for i := range images {
		q := request{}
		for j := range per {
			q.Images = append(q.Images, images[(i+j)%len(images)])
		}
		b, err := json.Marshal(q)
		if err != nil {
			return nil, errors.Wrap(err, "load")
		}
		bodies = append(bodies, b)
	}
	return bodies, nil
}

// post returns the status code of a request, or what failed.
func post(ctx context.Context, client *http.Client, url string, body []byte) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if err != nil {
		return failed(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return failed(err)
	}
	return fmt.Sprint(resp.StatusCode)
}

// failed says what failed of a request, without the addresses, which are other ones in
// every connection.
func failed(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

func report(out io.Writer, times []time.Duration, codes map[string]int, took time.Duration, per int) {
	var answers []string
	for _, c := range slices.Sorted(maps.Keys(codes)) {
		answers = append(answers, fmt.Sprintf("%d × %s", codes[c], c))
	}
	fmt.Fprintf(out, "answers: %s\n", strings.Join(answers, ", "))
	if len(times) == 0 {
		return
	}
	slices.Sort(times)
	quantile := func(p float64) time.Duration { return times[int(p*float64(len(times)-1))].Round(10 * time.Microsecond) }
	fmt.Fprintf(out, "latency: p50 %v, p95 %v, p99 %v\n", quantile(0.5), quantile(0.95), quantile(0.99))
	fmt.Fprintf(out, "throughput: %.0f images/s\n", float64(len(times)*per)/took.Seconds())
}
