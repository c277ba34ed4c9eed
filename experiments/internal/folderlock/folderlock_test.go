package folderlock

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

func acquire(t *testing.T, dir string) *Lock {
	t.Helper()
	l, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOneOwner(t *testing.T) {
	dir := t.TempDir()
	l := acquire(t, dir)
	if !l.Exclusive() {
		t.Skip("no file locks here")
	}
	_, err := Acquire(dir)
	var held *HeldError
	if !errors.As(err, &held) || held.Process != os.Getpid() {
		t.Errorf("error %v, expected a HeldError of process %d", err, os.Getpid())
	}
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	l.Release()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v left behind, error %v", entries, err)
	}
	acquire(t, dir).Release()
}

// A file alone is no lock.
func TestFileOfAnotherTime(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	acquire(t, dir).Release()
}

func TestFolderThatGoes(t *testing.T) {
	for what, change := range map[string]func(dir string) error{
		"removed": os.RemoveAll,
		"moved":   func(dir string) error { return os.Rename(dir, dir+"-moved") },
		"replaced": func(dir string) error {
			return errors.Join(os.Rename(dir, dir+"-moved"), os.Mkdir(dir, 0o755))
		},
		"taken by another": func(dir string) error {
			if err := errors.Join(os.Rename(dir, dir+"-moved"), os.Mkdir(dir, 0o755)); err != nil {
				return err
			}
			_, err := Acquire(dir)
			return err
		},
	} {
		dir := filepath.Join(t.TempDir(), "results")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		l := acquire(t, dir)
		if err := change(dir); err != nil {
			t.Skipf("%s: %v", what, err) // open files stay on some systems
		}
		if l.Check() == nil {
			t.Errorf("%s: not noticed", what)
		}
		before, _ := os.ReadDir(dir)
		l.Release()
		if after, _ := os.ReadDir(dir); len(after) != len(before) {
			t.Errorf("%s: release took %v and left %v", what, before, after)
		}
	}
}

func TestMissingFolder(t *testing.T) {
	if _, err := Acquire(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error")
	}
}

// Many take turns, each removing its file: never are there two owners.
func TestTurns(t *testing.T) {
	dir := t.TempDir()
	l := acquire(t, dir)
	exclusive := l.Exclusive()
	l.Release()
	if !exclusive {
		t.Skip("no file locks here")
	}
	var owner sync.Mutex
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				l, err := Acquire(dir)
				if err != nil {
					if held := new(HeldError); !errors.As(err, &held) {
						t.Error(err)
					}
					continue
				}
				if !owner.TryLock() {
					t.Error("two owners")
					l.Release()
					return
				}
				runtime.Gosched()
				owner.Unlock()
				l.Release()
			}
		})
	}
	wait.Wait()
}
