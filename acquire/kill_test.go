package acquire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// childEnv makes the test binary a run that is killed: "DIR", create or resume.
const childEnv = "MTKKIT_ACQUIRE_TEST_CHILD"

// killsEnv is how often a run is killed, for who has the time: 200.
const killsEnv = "MTKKIT_KILLS"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child(os.Getenv(childEnv))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killedPhone is what the killed runs read.
func killedPhone() *phone { return newPhone(30) }

// child reads a phone, slowly enough that there are moments to be killed in.
func child(dir string) {
	p := killedPhone()
	p.user.before = func(int64, int) { time.Sleep(2 * time.Millisecond) }
	d, err := Resume(dir, p.job())
	if errors.Is(err, ErrNoDump) {
		os.RemoveAll(dir) // killed in its first moment
		d, err = Create(dir, p.job())
	}
	fmt.Println("begun")
	if err == nil {
		err = d.Read(context.Background())
	}
	if err == nil {
		_, _, err = d.Finish(context.Background())
	}
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println("ended")
}

// A run that is killed at any moment, again and again, leaves what the next one continues
// with; in the end every byte is there.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 8
	if s := os.Getenv(killsEnv); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(1, uint64(kills)))
	dir, whole := filepath.Join(t.TempDir(), "dump"), 0
	for n := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if n%4 != 0 {
			lines.Scan() // "begun": the folder is there
		}
		timer := time.AfterFunc(time.Duration(r.Int64N(int64(300*time.Millisecond))), func() { cmd.Process.Kill() })
		ended := lines.Scan()
		if ended && lines.Text() == "begun" {
			ended = lines.Scan()
		}
		timer.Stop()
		cmd.Process.Kill() // SIGKILL: no handler, no defer
		cmd.Wait()
		if !ended {
			continue
		}
		if lines.Text() != "ended" {
			t.Fatalf("run %d ended with %q", n, lines.Text())
		}
		killedPhone().finished(t, dir)
		dir, whole = filepath.Join(t.TempDir(), "dump"), whole+1
	}
	t.Logf("%d runs, %d of them came to their end before they were killed", kills, whole)
	if _, err := os.Stat(dir); err != nil {
		return // the last one was whole
	}
	p := killedPhone()
	if _, done, err := resume(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}
