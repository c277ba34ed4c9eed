package kernel

import (
	"math"
	"testing"
)

func TestSoftmaxCrossEntropy(t *testing.T) {
	bothTypes(t, testSoftmaxCrossEntropy[float32], testSoftmaxCrossEntropy[float64])
}

func testSoftmaxCrossEntropy[T Float](t *testing.T) {
	rnd := newRand()
	for _, s := range [][2]int{{1, 1}, {1, 2}, {3, 10}, {512, 10}, {17, 785}} {
		m, n := s[0], s[1]
		logits, labels := random[T](rnd, m*n), make([]T, m)
		want := make([]float64, m*n)
		var loss float64
		for i := range labels {
			label := rnd.IntN(n)
			labels[i] = T(label)
			var sum float64
			for j := range n {
				logits[i*n+j] += 50 // overflows no exp once shifted
				want[i*n+j] = math.Exp(float64(logits[i*n+j]))
				sum += want[i*n+j]
			}
			for j := range n {
				want[i*n+j] /= sum
			}
			loss -= math.Log(want[i*n+label]) / float64(m)
		}
		tol := 32 * epsilon[T]()
		prob, check := fenced[T](m * n)
		if got := SoftmaxCrossEntropy(m, n, logits, labels, prob); !closeTo(got, loss, tol) {
			t.Errorf("%d×%d: loss %v, want %v", m, n, got, loss)
		}
		check(t)
		checkClose(t, "prob", prob, want, tol)

		const scale = 0.75
		for i := range m {
			want[i*n+int(labels[i])]--
		}
		for i := range want {
			want[i] *= scale / float64(m)
		}
		CrossEntropyGrad(prob, m, n, prob, labels, scale)
		checkClose(t, "grad", prob, want, tol)
	}
}

// The gradient is the derivative of the loss.
func TestCrossEntropyGradIsDerivative(t *testing.T) {
	const m, n, h = 3, 4, 1e-6
	logits, labels := random[float64](newRand(), m*n), []float64{2, 0, 3}
	prob, grad := make([]float64, m*n), make([]float64, m*n)
	SoftmaxCrossEntropy(m, n, logits, labels, prob)
	CrossEntropyGrad(grad, m, n, prob, labels, 1)
	for i := range logits {
		loss := func(d float64) float64 {
			x := append([]float64(nil), logits...)
			x[i] += d
			return SoftmaxCrossEntropy(m, n, x, labels, prob)
		}
		if want := (loss(h) - loss(-h)) / (2 * h); !closeTo(grad[i], want, 1e-9) {
			t.Errorf("element %d: %v, want %v", i, grad[i], want)
		}
	}
}

func TestSoftmaxCrossEntropyExtremes(t *testing.T) {
	prob := make([]float32, 2)
	if got := SoftmaxCrossEntropy(1, 2, []float32{1000, -1000}, []float32{1}, prob); got != 2000 {
		t.Errorf("loss %v, want 2000", got)
	}
	for name, test := range map[string]struct{ logits, label []float32 }{
		"NaN logit":        {[]float32{float32(math.NaN()), 1}, []float32{1}},
		"label too large":  {[]float32{0, 1}, []float32{2}},
		"negative label":   {[]float32{0, 1}, []float32{-1}},
		"fractional label": {[]float32{0, 1}, []float32{0.5}},
		"NaN label":        {[]float32{0, 1}, []float32{float32(math.NaN())}},
	} {
		if got := SoftmaxCrossEntropy(1, 2, test.logits, test.label, prob); !math.IsNaN(got) {
			t.Errorf("%s: loss %v, want NaN", name, got)
		}
		CrossEntropyGrad(prob, 1, 2, prob, test.label, 1)
		if prob[0] == prob[0] {
			t.Errorf("%s: gradient %v, want NaN", name, prob[0])
		}
	}
}
