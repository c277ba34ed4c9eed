// Checkresults fails unless a results.json is valid and has so many runs of so
// many epochs, none of which failed:
//
//	checkresults FILE RUNS EPOCHS
package main

import (
	"encoding/json"
	"log"
	"os"
	"strconv"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: checkresults FILE RUNS EPOCHS")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var results struct {
		Runs []struct {
			Variant string
			Error   string
			Epochs  []struct {
				Epoch, NFE, Accepted int
			}
		}
	}
	if err := json.Unmarshal(text, &results); err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	if got := len(results.Runs); strconv.Itoa(got) != os.Args[2] {
		log.Fatalf("%s: %d runs, expected %s", os.Args[1], got, os.Args[2])
	}
	for _, r := range results.Runs {
		if got := len(r.Epochs); r.Error != "" || strconv.Itoa(got) != os.Args[3] {
			log.Fatalf("%s: %s has %d epochs, expected %s; error %q", os.Args[1], r.Variant, got, os.Args[3], r.Error)
		}
		for i, e := range r.Epochs {
			if e.Epoch != i+1 || e.NFE <= 0 || e.Accepted <= 0 {
				log.Fatalf("%s: %s: bad record of epoch %d: %+v", os.Args[1], r.Variant, i+1, e)
			}
		}
	}
}
