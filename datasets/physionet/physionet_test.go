package physionet

import (
	"fmt"
	"log"
	"math"
	"math/bits"
	"os"
	"reflect"
	"sync"
	"testing"
)

// full returns all patients, read from the text in the folder PHYSIONET_DIR.
func full(t *testing.T) *Set {
	t.Helper()
	dir := os.Getenv("PHYSIONET_DIR")
	if dir == "" {
		t.Skip("PHYSIONET_DIR is not set")
	}
	records, err := load(os.DirFS(dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	return &Set{Records: records, Range: rangeOf(records)}
}

// embedded returns the embedded patients, which the tests share.
func embedded(t *testing.T) *Set {
	t.Helper()
	s, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var once = sync.OnceValues(Embedded)

// sums are what reference implementations of the literature's steps, written
// apart from this package and in another language, find.
type sums struct {
	patients, observed, rows int
	sum, squares             float64 // of the normalised values
}

// sumsOf goes through the dense arrays that Fill makes.
func sumsOf(t *testing.T, s *Set) (total sums, entries [Channels]int, mean [Channels]float64) {
	t.Helper()
	x, mask := make([]float64, Times*Channels), make([]float64, Times*Channels)
	for i := range s.Len() {
		if err := Fill(s, []int{i}, x, mask); err != nil {
			t.Fatal(err)
		}
		for j, m := range mask {
			if m != 0 && m != 1 || m == 0 && x[j] != 0 {
				t.Fatalf("patient %d: value %v with mask %v", s.Records[i].ID, x[j], m)
			}
			total.sum += x[j]
			total.squares += x[j] * x[j]
			entries[j%Channels] += int(m)
			mean[j%Channels] += x[j]
		}
		for _, row := range s.Records[i].Observed {
			total.rows += min(1, bits.OnesCount64(row))
		}
	}
	total.patients = s.Len()
	for c, n := range entries {
		total.observed += n
		mean[c] /= float64(n)
	}
	return total, entries, mean
}

func checkSums(t *testing.T, got, want sums) {
	t.Helper()
	if got.patients != want.patients || got.observed != want.observed || got.rows != want.rows {
		t.Errorf("patients, observed entries, rows %d %d %d, want %d %d %d",
			got.patients, got.observed, got.rows, want.patients, want.observed, want.rows)
	}
	if math.Abs(got.sum-want.sum) > 5e-6 || math.Abs(got.squares-want.squares) > 5e-6 {
		t.Errorf("sums of values and squares %.6f %.6f, want %.5f %.5f", got.sum, got.squares, want.sum, want.squares)
	}
}

func TestFullReferenceValues(t *testing.T) {
	s := full(t)
	total, entries, mean := sumsOf(t, s)
	checkSums(t, total, sums{8000, 2876036, 363009, 952476.99368, 556426.69098})
	for c, want := range reference {
		patients := 0
		for i := range s.Records {
			var seen uint64
			for _, row := range s.Records[i].Observed {
				seen |= row
			}
			patients += int(seen >> c & 1)
		}
		got := channel{Variables[c], patients, entries[c], s.Range.Min[c], s.Range.Max[c], mean[c]}
		if math.Abs(got.mean-want.mean) > 5e-7 {
			t.Errorf("%s: mean %.6f, want %.6f", want.name, got.mean, want.mean)
		}
		if got.mean = want.mean; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if s.Range != FullRange {
		t.Error("FullRange is not the range of the 8000 patients")
	}
}

// channel is what is known of a variable.
type channel struct {
	name     string
	patients int     // that have it
	entries  int     // hourly means
	min, max float64 // of them
	mean     float64 // of them, normalised
}

var reference = [Channels]channel{
	{"Weight", 8000, 203110, -1, 472, 0.178636},
	{"Albumin", 3246, 4803, 1, 5.3, 0.357785},
	{"ALP", 3379, 6290, 12, 2205, 0.047767},
	{"ALT", 3456, 6467, 1, 16920, 0.020879},
	{"AST", 3461, 6471, 4, 18430, 0.025529},
	{"Bilirubin", 3446, 6511, 0, 59.4, 0.047995},
	{"BUN", 7880, 27757, 0, 209, 0.130858},
	{"Cholesterol", 648, 671, 28, 360, 0.355593},
	{"Creatinine", 7880, 27895, 0.1, 22.1, 0.062015},
	{"DiasABP", 5610, 206473, 0, 272, 0.218991},
	{"FiO2", 5419, 60737, 0.21, 1, 0.333190},
	{"GCS", 7871, 122879, 3, 15, 0.561938},
	{"Glucose", 7799, 26121, 8, 1289, 0.103225},
	{"HCO3", 7863, 27171, 5, 52, 0.348948},
	{"HCT", 7876, 36525, 5.5, 61.8, 0.407682},
	{"HR", 7872, 344810, 0, 199.5, 0.435036},
	{"K", 7831, 29045, 1.8, 22.9, 0.101798},
	{"Lactate", 4398, 16062, 0.3, 29.3, 0.090877},
	{"Mg", 7814, 27267, 0, 21, 0.096381},
	{"MAP", 5598, 205414, 0, 298, 0.269546},
	{"MechVent", 5040, 58055, 1, 1, 0.000000},
	{"Na", 7862, 27228, 98, 177, 0.232419},
	{"NIDiasABP", 7001, 161897, 0, 180, 0.325357},
	{"NIMAP", 6997, 159798, 0, 194, 0.399815},
	{"NISysABP", 7027, 162118, 0, 274, 0.437679},
	{"PaCO2", 6035, 44537, 0, 100, 0.403993},
	{"PaO2", 6034, 44458, 0, 500, 0.296194},
	{"pH", 6071, 46494, 0.4, 735, 0.009569},
	{"Platelets", 7870, 28302, 5, 2292, 0.080701},
	{"RespRate", 2228, 92781, 0, 100, 0.196229},
	{"SaO2", 3545, 15230, 1.06, 100, 0.956287},
	{"SysABP", 5610, 206501, 0, 285, 0.421007},
	{"Temp", 7871, 140999, -17.8, 42.2, 1.300274},
	{"TroponinI", 386, 811, 0.3, 49.6, 0.154200},
	{"TroponinT", 1805, 4289, 0.01, 24.91, 0.044908},
	{"Urine", 7787, 264170, 0, 11000, 0.010665},
	{"WBC", 7861, 25889, 0, 6251.9, 0.002097},
}

// The table's entries and the sums of the whole agree with each other.
func TestReferenceIsConsistent(t *testing.T) {
	entries, sum := 0, 0.0
	for c, r := range reference {
		if r.name != Variables[c] {
			t.Errorf("channel %d is %s, want %s", c, Variables[c], r.name)
		}
		if r.min != FullRange.Min[c] || r.max != FullRange.Max[c] {
			t.Errorf("%s: FullRange %v %v, want %v %v", r.name, FullRange.Min[c], FullRange.Max[c], r.min, r.max)
		}
		entries += r.entries
		sum += r.mean * float64(r.entries)
	}
	if entries != 2876036 || math.Abs(sum-952476.99368) > 2 { // means are rounded to 6 digits
		t.Errorf("%d entries, sum %v", entries, sum)
	}
}

func TestEmbedded(t *testing.T) {
	total, entries, mean := sumsOf(t, embedded(t))
	checkSums(t, total, sums{320, 113972, 14336, 38018.958684, 22347.223020})
	for c, want := range [Channels]struct {
		name    string
		entries int
		mean    float64
	}{
		{"Weight", 8134, 0.179957},
		{"Albumin", 184, 0.367002},
		{"ALP", 241, 0.046349},
		{"ALT", 245, 0.034165},
		{"AST", 245, 0.038223},
		{"Bilirubin", 247, 0.029775},
		{"BUN", 1104, 0.129681},
		{"Cholesterol", 32, 0.334983},
		{"Creatinine", 1111, 0.060878},
		{"DiasABP", 8100, 0.219213},
		{"FiO2", 2318, 0.334436},
		{"GCS", 4844, 0.558049},
		{"Glucose", 1016, 0.103977},
		{"HCO3", 1080, 0.351576},
		{"HCT", 1473, 0.407069},
		{"HR", 13612, 0.436042},
		{"K", 1155, 0.101618},
		{"Lactate", 546, 0.089624},
		{"Mg", 1069, 0.096543},
		{"MAP", 8018, 0.269839},
		{"MechVent", 2258, 0.000000},
		{"Na", 1064, 0.233287},
		{"NIDiasABP", 6474, 0.324140},
		{"NIMAP", 6420, 0.402128},
		{"NISysABP", 6483, 0.441280},
		{"PaCO2", 1812, 0.414207},
		{"PaO2", 1810, 0.306691},
		{"pH", 1890, 0.009493},
		{"Platelets", 1101, 0.081968},
		{"RespRate", 3830, 0.192393},
		{"SaO2", 691, 0.956578},
		{"SysABP", 8101, 0.421177},
		{"Temp", 5670, 1.300890},
		{"TroponinI", 57, 0.174590},
		{"TroponinT", 171, 0.049901},
		{"Urine", 10367, 0.010881},
		{"WBC", 999, 0.002235},
	} {
		if entries[c] != want.entries || math.Abs(mean[c]-want.mean) > 5e-7 {
			t.Errorf("%s: %d entries, mean %.6f, want %d, %.6f", want.name, entries[c], mean[c], want.entries, want.mean)
		}
	}
}

// Record 132539 begins both the whole and the embedded part.
func TestFirstRecord(t *testing.T) {
	s := embedded(t)
	r := s.Records[0]
	if r.ID != 132539 {
		t.Fatalf("first record %d, want 132539", r.ID)
	}
	hours := 0
	for _, row := range r.Observed {
		hours += min(1, bits.OnesCount64(row))
	}
	if hours != 48 {
		t.Errorf("%d distinct hours, want 48", hours)
	}
	got := [2]map[string]float64{{}, {}}
	r.each(func(hour, channel int, v float64) {
		if hour < 2 {
			got[hour][Variables[channel]] = v
		}
	})
	for hour, want := range []map[string]float64{
		{"GCS": 15, "HR": 73, "NIDiasABP": 65, "NIMAP": 92.33, "NISysABP": 147, "RespRate": 19, "Temp": 35.1, "Urine": 900, "Weight": -1},
		{"HR": 77, "NIDiasABP": 58, "NIMAP": 91, "NISysABP": 157, "RespRate": 19, "Temp": 35.6, "Urine": 60},
	} {
		if !reflect.DeepEqual(got[hour], want) {
			t.Errorf("hour %d: %v, want %v", hour, got[hour], want)
		}
	}
}

// An embedded patient is the same, and is normalised to the same numbers, as
// among all.
func TestEmbeddedIsPartOfFull(t *testing.T) {
	all, part := full(t), embedded(t)
	if part.Range != all.Range {
		t.Error("ranges differ")
	}
	for k, r := range part.Records {
		if want := all.Records[25*k]; !reflect.DeepEqual(r, want) {
			t.Errorf("embedded record %d differs from number %d of all, %d", r.ID, 25*k, want.ID)
		}
	}
}

func ExampleEmbedded() {
	set, err := Embedded()
	if err != nil {
		log.Fatal(err)
	}
	train, test, err := set.Split(0.8, 1)
	if err != nil {
		log.Fatal(err)
	}
	idx := []int{0, 1, 2}
	x, mask := make([]float32, Times*len(idx)*Channels), make([]float32, Times*len(idx)*Channels) // (49, batch, 37)
	if err := Fill(train, idx, x, mask); err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Len(), test.Len(), len(x))
	// Output: 256 64 5439
}
