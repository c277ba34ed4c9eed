package trainer

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// display shows progress: a line for every epoch, and on a terminal a bar of the
// iterations of all runs, so that the time left is that of the whole command, with
// the number of steps that solvers have tried since the last one.
type display struct {
	w        io.Writer
	withBar  bool
	bar      *progressbar.ProgressBar // nil before training, after it and without bar
	pace     pace
	said     []string  // the last lines
	last     string    // what is said of the last iteration
	attempts int       // steps tried since the last iteration
	shown    time.Time // time of the last count on display
}

// attemptInterval is the time between two counts of attempts on display.
const attemptInterval = 200 * time.Millisecond

// linesKept is the number of lines that are kept of those printed.
const linesKept = 12

func newDisplay(w io.Writer, quiet bool) *display {
	f, ok := w.(*os.File)
	return &display{w: w, withBar: !quiet && ok && term.IsTerminal(int(f.Fd()))}
}

// begin starts the bar of so many iterations to go.
func (d *display) begin(iterations int) {
	d.pace = pace{began: time.Now(), left: iterations}
	if !d.withBar {
		return
	}
	d.bar = progressbar.NewOptions(iterations,
		progressbar.OptionSetWriter(d.w),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
	)
}

// step moves the bar by an iteration.
func (d *display) step(id runID, epoch, epochs int, r Result) {
	d.pace.step()
	if d.bar == nil {
		return
	}
	d.last, d.attempts = fmt.Sprintf("%s, epoch %d/%d, loss %.4g, NFE %d", id, epoch, epochs, r.Loss, r.NFE), 0
	d.bar.Describe(d.last)
	d.bar.Add(1)
}

// attempt counts a step that a solver has tried.
func (d *display) attempt() {
	if d.bar == nil {
		return
	}
	d.attempts++
	if now := time.Now(); now.Sub(d.shown) >= attemptInterval {
		d.shown = now
		d.bar.Describe(strings.TrimPrefix(fmt.Sprintf("%s, step %d", d.last, d.attempts), ", "))
	}
}

// skip takes back iterations that are not done.
func (d *display) skip(iterations int) {
	d.pace.left -= iterations
	if d.bar != nil {
		d.bar.ChangeMax(d.pace.done + d.pace.left)
	}
}

// end takes the bar away.
func (d *display) end() {
	if d.bar != nil {
		d.bar.Clear()
		d.bar = nil
	}
}

// printf prints a line, above the bar if there is one.
func (d *display) printf(format string, args ...any) {
	if d.bar != nil {
		d.bar.Clear()
	}
	line := fmt.Sprintf(format, args...)
	from := max(0, len(d.said)+1-linesKept)
	d.said = append(d.said[from:len(d.said):len(d.said)], line) // a new slice: others may read the old one
	fmt.Fprintln(d.w, line)
}

// epoch prints an epoch's record.
func (d *display) epoch(id runID, e Epoch, epochs int) {
	accuracy := ""
	if e.TrainAccuracy != nil && e.TestAccuracy != nil {
		accuracy = fmt.Sprintf(", accuracy %.2f %% (test %.2f %%)", *e.TrainAccuracy, *e.TestAccuracy)
	}
	training := ""
	if n := e.TrainNFE; n != nil {
		training = fmt.Sprintf(" (training: largest %.1f, mean %.1f)", n.Largest, n.Mean)
	}
	speed := ""
	if e.Iterations > 0 && e.TrainSeconds > 0 {
		speed = fmt.Sprintf(" (%s iterations/s)", Significant(2)(float64(e.Iterations)/e.TrainSeconds))
	}
	left := ""
	if d := d.pace.remaining(time.Now()); d >= time.Second {
		left = ", about " + coarse(d) + " left"
	}
	d.printf("%s, epoch %d/%d: loss %.4g (test %.4g)%s, NFE %d%s%s, %v, %s s%s%s",
		id, e.Epoch, epochs, e.TrainLoss, e.TestLoss, accuracy, e.NFE, training, e.measurements(), e.Regularization, Significant(2)(e.TrainSeconds), speed, left)
}
