package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// common returns what a table has in common: the configuration without that
// which differs from run to run, or from variant to variant. Of the folder of
// data only whether there is one counts, as it has another name on every machine.
func common(c trainer.Config) trainer.Config {
	c.Preset, c.Variants, c.Seeds = "", nil, nil
	c.Weights, c.PerVariant, c.Methods, c.Batches = trainer.Weights{}, nil, nil, nil
	c.TaylorOrder, c.LambdaTaylor, c.SteerB = 0, 0, 0
	if c.Data != "" {
		c.Data = "DIR"
	}
	return c
}

// own is the part of a configuration that is a variant's.
type own struct {
	Method string
	Batch  int // in training, 0 if that of all
	trainer.Weights
	TaylorOrder  int
	LambdaTaylor float64
	SteerB       float64
}

// ownOf returns the part of the variant, with zero for what does not concern it.
func ownOf(c trainer.Config, v trainer.Variant) own {
	c = c.For(v)
	o := own{
		Method: c.Method, Batch: c.TrainingBatch(v), Weights: c.Weights,
		TaylorOrder: c.TaylorOrder, LambdaTaylor: c.LambdaTaylor, SteerB: c.SteerB,
	}
	if o.Batch == c.Batch {
		o.Batch = 0
	}
	if !hasPart(v, "er") {
		o.LambdaError, o.LambdaErrorDecay = 0, 1
	}
	if !hasPart(v, "sr") {
		o.LambdaStiff = 0
	}
	if !hasPart(v, "tay") {
		o.TaylorOrder, o.LambdaTaylor = 0, 0
	}
	if !hasPart(v, "steer") {
		o.SteerB = 0
	}
	return o
}

// hasPart reports whether a part of the variant begins so: ernode and ernsde
// regularize errors, srnode and srnsde stiffness, taynode derivatives. It errs on the side of saying
// yes for a part that is none of the paper's.
func hasPart(v trainer.Variant, prefix string) bool {
	known := []string{"vanilla", "steer", "taynode", "srnode", "ernode", "srnsde", "ernsde"}
	return slices.ContainsFunc(v.Parts(), func(part string) bool {
		return strings.HasPrefix(part, prefix) || !slices.Contains(known, part)
	})
}

// String names what the variant adds to the common configuration.
func (o own) String() string {
	words := []string{o.Method}
	if o.LambdaError != 0 {
		w := "λ_E " + number(o.LambdaError)
		if o.LambdaErrorDecay != 1 {
			w += " to " + number(o.LambdaError*o.LambdaErrorDecay)
		}
		words = append(words, w)
	}
	if o.LambdaStiff != 0 {
		words = append(words, "λ_S "+number(o.LambdaStiff))
	}
	if o.LambdaTaylor != 0 {
		words = append(words, fmt.Sprintf("λ_%d %s", o.TaylorOrder, number(o.LambdaTaylor)))
	}
	if o.Batch != 0 {
		words = append(words, fmt.Sprintf("batch %d", o.Batch))
	}
	if o.SteerB != 0 {
		words = append(words, "b "+number(o.SteerB))
	}
	return strings.Join(words, ", ")
}

// describe is the common configuration in words.
func describe(c trainer.Config) string {
	words := []string{
		epochs(c),
		fmt.Sprintf("batch %d", c.Batch),
		"learning rate " + number(c.LearnRate),
		"tolerance " + number(c.Tol),
		c.Dtype,
	}
	if c.AnnealEpochs > 0 {
		words = append(words, fmt.Sprintf("weights annealed over %d epochs", c.AnnealEpochs))
	}
	if c.Limit > 0 {
		words = append(words, fmt.Sprintf("%d training examples", c.Limit))
	}
	if c.Data == "" {
		words = append(words, "data in the binary")
	} else {
		words = append(words, "data in a folder")
	}
	if c.Memory != "store" {
		words = append(words, "memory "+c.Memory)
	}
	if c.Mode != "called" {
		words = append(words, "mode "+c.Mode)
	}
	for _, n := range slices.Sorted(maps.Keys(c.Params)) {
		words = append(words, n+" "+number(c.Params[n]))
	}
	for _, n := range slices.Sorted(maps.Keys(c.Options)) {
		words = append(words, n+" "+c.Options[n])
	}
	return strings.Join(words, ", ")
}

func epochs(c trainer.Config) string {
	return fmt.Sprintf("%d %s", c.Epochs, plural(c.Epochs, "epoch"))
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// key tells values apart.
func key(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // they were read as JSON
		panic(err)
	}
	return string(text)
}
