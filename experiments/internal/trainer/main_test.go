package trainer

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With this variable set the test binary is an experiment's program, whose
// iterations take a while if it is "slow".
const mainVariable = "REGNDE_TRAINER_TEST_MAIN"

func TestMain(m *testing.M) {
	switch os.Getenv(mainVariable) {
	case "":
		os.Exit(m.Run())
	case "slow":
		Main(toy(&hooks{iterate: func(runID, Iteration, *Result) error {
			time.Sleep(20 * time.Millisecond)
			return nil
		}}))
	default:
		Main(toy(nil))
	}
}

func program(t *testing.T, mode string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), mainVariable+"="+mode)
	return cmd
}

func TestProgramIsInterruptedAndResumed(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		dir, whole := t.TempDir(), t.TempDir()
		args := []string{"-out", dir, "-epochs", "6", "-quiet"}
		cmd := program(t, "slow", args...)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stderr)
		var last string
		for n := 0; lines.Scan(); n++ {
			if n == 0 { // the first epoch's
				if err := cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
			}
			last = lines.Text()
		}
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Errorf("%v: exit status %d, expected %d", sig, code, exitInterrupted)
		}
		if want := "toy: interrupted; to go on: " + cmd.Path + " -out " + dir + " -epochs 6 -quiet -resume"; last != want {
			t.Errorf("%v: last line %q, expected %q", sig, last, want)
		}
		if !strings.Contains(strings.Join(names(t, dir), " "), "nfe.svg") {
			t.Errorf("%v: no figures in %v", sig, names(t, dir))
		}
		mustRun(t, nil, append(args, "-resume")...)
		mustRun(t, nil, "-out", whole, "-epochs", "6")
		sameRuns(t, dir, whole)
	}
}

func TestProgramExitStatus(t *testing.T) {
	for want, args := range map[int][]string{
		exitOK:     {"-bench", "1"},
		exitFailed: {"-bench", "1", "-data", "missing"},
		exitUsage:  {"-tol", "-1"},
	} {
		cmd := program(t, "fast", args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%v: exit status %d, expected %d; standard error %q", args, code, want, stderr.String())
		}
	}
}

// After go run, which throws the program away, the command is go run again.
func TestInvocation(t *testing.T) {
	const pkg = "example.com/experiments/toy"
	for _, test := range []struct{ program, pkg, want string }{
		{"./toy", pkg, "./toy"},
		{"/usr/bin/toy", pkg, "/usr/bin/toy"},
		{"toy", "", "toy"},
		{"/tmp/go-build123/b001/exe/toy", pkg, "go run " + pkg},
		{"/root/.cache/go-build/3f/3f51-d/toy", pkg, "go run " + pkg},
		{"/tmp/go-build123/b001/toy.test", "example.com/toy.test", "/tmp/go-build123/b001/toy.test"},
	} {
		if got := strings.Join(invocation(test.program, "toy", test.pkg), " "); got != test.want {
			t.Errorf("%s of %s: %s, expected %s", test.program, test.pkg, got, test.want)
		}
	}
}

func TestResumeCommandIsQuoted(t *testing.T) {
	opt := &options{args: []string{"-out", "my results", "-data", "it's", "-lr", "0.1"}}
	if got, want := resumeCommand([]string{"toy"}, opt), `toy -out 'my results' -data 'it'\''s' -lr 0.1 -resume`; got != want {
		t.Errorf("%s, expected %s", got, want)
	}
	opt = &options{args: []string{"-resume"}, resume: true}
	if got, want := resumeCommand([]string{"toy"}, opt), "toy -resume"; got != want {
		t.Errorf("%s, expected %s", got, want)
	}
}
