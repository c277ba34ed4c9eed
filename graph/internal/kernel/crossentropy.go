package kernel

import "math"

// SoftmaxCrossEntropy returns the mean over the rows of -log softmax(row)[label]
// for logits (m, n) and labels (m), class indices 0 ≤ label < n stored as T. It
// writes the softmax probabilities to prob (m, n) for [CrossEntropyGrad]. prob
// may be logits. A row whose label is not a class index has loss NaN. The mean
// over no rows is NaN.
func SoftmaxCrossEntropy[T Float](m, n int, logits, labels, prob []T) float64 {
	logits, labels, prob = logits[:m*n], labels[:m], prob[:m*n]
	var loss float64
	// Shifting by the largest logit keeps exp from overflowing.
	for i := range m {
		x, p := logits[i*n:][:n], prob[i*n:][:n]
		shift := T(math.Inf(-1))
		for _, v := range x {
			shift = max(shift, v)
		}
		for j, v := range x {
			p[j] = v - shift
		}
		if j, ok := class(labels[i], n); ok {
			loss -= float64(p[j])
		} else {
			loss = math.NaN()
		}
	}
	Activate(Exp, prob, prob)
	for i := range m {
		p := prob[i*n:][:n]
		var sum float64
		for _, v := range p {
			sum += float64(v)
		}
		loss += math.Log(sum)
		for j, v := range p {
			p[j] = T(float64(v) / sum)
		}
	}
	return loss / float64(m)
}

// CrossEntropyGrad computes dst = scale·(prob - onehot(labels))/m, the
// derivative of scale times the mean cross entropy with respect to the logits.
// A row whose label is not a class index is NaN. dst may be prob.
func CrossEntropyGrad[T Float](dst []T, m, n int, prob, labels []T, scale T) {
	dst, prob, labels = dst[:m*n], prob[:m*n], labels[:m]
	factor := scale / T(m)
	for i := range m {
		d, p := dst[i*n:][:n], prob[i*n:][:n]
		label, ok := class(labels[i], n)
		for j, v := range p {
			switch {
			case !ok:
				v = T(math.NaN())
			case j == label:
				v--
			}
			d[j] = factor * v
		}
	}
}

// class converts a label to an index below n.
func class[T Float](label T, n int) (int, bool) {
	if !(label >= 0 && label < T(n)) {
		return 0, false
	}
	j := int(label)
	return j, T(j) == label
}
