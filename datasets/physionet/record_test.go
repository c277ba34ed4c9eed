package physionet

import (
	"math"
	"math/bits"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// text returns a record of patient 7: header, RecordID, and the given rows.
func text(rows ...string) string {
	return strings.Join(append([]string{header, "00:00,RecordID,7"}, rows...), "\n") + "\n"
}

// observations is what a record holds, as hour → variable → value.
type observations map[int]map[string]float64

func observationsOf(r *Record) observations {
	o := make(observations)
	r.each(func(hour, channel int, v float64) {
		if o[hour] == nil {
			o[hour] = make(map[string]float64)
		}
		o[hour][Variables[channel]] = v
	})
	return o
}

func TestReadRecord(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		want observations
	}{
		{"descriptors only",
			text("00:00,Age,54", "00:00,Gender,0", "00:00,Height,-1", "00:00,ICUType,4", "00:00,Weight,81.6"),
			observations{0: {"Weight": 81.6}}},
		{"unknown weight is a value of -1",
			text("00:00,Weight,-1"),
			observations{0: {"Weight": -1}}},
		{"descriptors and measurements mixed",
			text("00:00,Age,54", "00:00,HR,80", "00:00,Height,-1", "00:00,Weight,80"),
			observations{0: {"HR": 80, "Weight": 80}}},
		{"RecordID is not the first",
			header + "\n00:00,HR,80\n00:00,RecordID,7\n",
			observations{0: {"HR": 80}}},
		{"mean over an hour",
			text("00:00,HR,80", "00:10,HR,70", "00:30,HR,60", "00:31,HR,50"),
			observations{0: {"HR": 70}, 1: {"HR": 50}}},
		{"twice at one time",
			text("02:00,MAP,70", "02:00,MAP,74", "02:00,K,4"),
			observations{2: {"MAP": 72, "K": 4}}},
		{"the same row twice",
			text("02:00,MAP,70", "02:00,MAP,70"),
			observations{2: {"MAP": 70}}},
		{"weight as descriptor and as measurement",
			text("00:00,Weight,80", "00:00,Weight,82", "05:00,Weight,83"),
			observations{0: {"Weight": 81}, 5: {"Weight": 83}}},
		{"descriptors again later are not used",
			text("00:00,HR,80", "03:00,Age,54", "03:00,Age,55"),
			observations{0: {"HR": 80}}},
		{"gross errors stay, and so does zero",
			text("01:00,pH,735", "01:00,Temp,-17.8", "01:00,HR,0"),
			observations{1: {"pH": 735, "Temp": -17.8, "HR": 0}}},
		{"exponent",
			text("01:00,ALT,1.474e+04"),
			observations{1: {"ALT": 14740}}},
		{"end of the grid",
			text("47:29,HR,1", "47:30,HR,2", "48:00,HR,4"),
			observations{47: {"HR": 1}, 48: {"HR": 3}}},
		{"no end of the last line",
			strings.TrimSuffix(text("01:00,HR,80"), "\n"),
			observations{1: {"HR": 80}}},
		{"empty lines at the end",
			text("01:00,HR,80", "", ""),
			observations{1: {"HR": 80}}},
		{"byte order mark",
			"\ufeff" + text("01:00,HR,80"),
			observations{1: {"HR": 80}}},
		{"byte order mark and all else of Windows",
			"\ufeff" + strings.ReplaceAll(text("01:00,HR,80", ""), "\n", "\r\n"),
			observations{1: {"HR": 80}}},
		{"ends of lines as in Windows",
			strings.ReplaceAll(text("01:00,HR,80"), "\n", "\r\n"),
			observations{1: {"HR": 80}}},
	} {
		r, err := readRecord("f", 7, []byte(test.text))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := observationsOf(&r); r.ID != 7 || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: record %d with %v, want 7 with %v", test.name, r.ID, got, test.want)
		}
	}
}

// Half an hour goes to the even hour, as with Python's round, with which the
// literature's arrays were made.
func TestHour(t *testing.T) {
	for m := range lastMinute + 1 {
		if got, want := (row{minute: m}).hour(), int(math.RoundToEven(float64(m)/60)); got != want {
			t.Errorf("%s is in hour %d, want %d", clock(m), got, want)
		}
	}
}

func TestMalformedRecords(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		line int // 0 for the record as a whole
		want string
	}{
		{"empty file", "", 1, `header "", want "Time,Parameter,Value"`},
		{"no header", "00:00,RecordID,7\n", 1, "header"},
		{"other header", "time,parameter,value\n", 1, "header"},
		{"header cut off", "Time,Para", 1, "header"},
		{"byte order mark only", "\ufeff", 1, `header "", want`},
		{"byte order mark within", text("\ufeff01:00,HR,80"), 3, "time"},
		{"header only", header + "\n", 0, "no RecordID"},
		{"no RecordID", header + "\n00:00,HR,80\n", 0, "no RecordID"},
		{"RecordID only", text(), 0, "no value of any"},
		{"only what is not used", text("00:00,Age,54", "00:00,ICUType,4"), 0, "no value of any"},
		{"other RecordID", header + "\n00:00,RecordID,8\n00:00,HR,80\n", 2, "RecordID 8, want 7"},
		{"two RecordIDs", text("00:00,RecordID,7", "00:00,HR,80"), 3, "second time"},
		{"unknown parameter", text("00:00,HR,80", "00:00,Pulse,80"), 4, `unknown parameter "Pulse"`},
		{"lower case", text("00:00,hr,80"), 3, `unknown parameter "hr"`},
		{"no parameter", text("00:00,,80"), 3, `unknown parameter ""`},
		{"space", text("00:00, HR,80"), 3, `unknown parameter " HR"`},
		{"out of order", text("01:00,HR,80", "00:59,HR,80"), 4, "time 00:59 is before 01:00"},
		{"descriptor out of order", text("01:00,HR,80", "00:00,Age,54"), 4, "time 00:00 is before 01:00"},
		{"after the end", text("48:01,HR,80"), 3, `time "48:01", want HH:MM from 00:00 to 48:00`},
		{"long after the end", text("99:59,HR,80"), 3, "time"},
		{"minute 60", text("01:60,HR,80"), 3, "time"},
		{"one digit", text("1:00,HR,80"), 3, "time"},
		{"seconds", text("01:00:00,HR,80"), 3, "time"},
		{"negative time", text("-1:00,HR,80"), 3, "time"},
		{"no time", text(",HR,80"), 3, "time"},
		{"no value", text("01:00,HR,"), 3, `value "" of HR`},
		{"word as value", text("01:00,HR,high"), 3, `value "high" of HR`},
		{"NaN", text("01:00,HR,NaN"), 3, "value"},
		{"infinity", text("01:00,HR,Inf"), 3, "value"},
		{"overflow", text("01:00,HR,1e999"), 3, "value"},
		{"far too large", text("01:00,HR,-2e12"), 3, "value"},
		{"hexadecimal", text("01:00,HR,0x10"), 3, "value"},
		{"underscore", text("01:00,HR,1_0"), 3, "value"},
		{"comma as decimal point", text("01:00,HR,80,5"), 3, "value"},
		{"value of a descriptor", text("00:00,Age,old"), 3, `value "old" of Age`},
		{"two fields", text("01:00,HR"), 3, "want Time,Parameter,Value"},
		{"empty line", text("01:00,HR,80", "", "02:00,HR,80"), 4, "want Time,Parameter,Value"},
		{"cut off", text("01:00,HR,80") + "02:00,HR,", 4, "value"},
		{"binary", text("01:00,HR,80") + strings.Repeat("\x00", 1000) + "\n", 4, "want Time,Parameter,Value"},
	} {
		r, err := readRecord("set-a/7.txt", 7, []byte(test.text))
		var e *FormatError
		if !errors.As(err, &e) {
			t.Errorf("%s: error %v, want a *FormatError", test.name, err)
			continue
		}
		if e.File != "set-a/7.txt" || e.Line != test.line || !strings.Contains(e.Err.Error(), test.want) || r.Values != nil {
			t.Errorf("%s: error %q and %d values, want line %d, %q and none", test.name, err, len(r.Values), test.line, test.want)
		}
	}
}

func TestFormatErrorText(t *testing.T) {
	cause := errors.New("no good")
	for want, e := range map[string]*FormatError{
		"physionet: d/set-a/7.txt:12: no good": {"d/set-a/7.txt", 12, cause},
		"physionet: d/set-a.tar.gz: no good":   {"d/set-a.tar.gz", 0, cause},
	} {
		if e.Error() != want || !errors.Is(e, cause) {
			t.Errorf("error %q, want %q", e, want)
		}
	}
}

// The rows of the text, before averaging, are those that others count.
func TestFullRawRows(t *testing.T) {
	dir := os.Getenv("PHYSIONET_DIR")
	if dir == "" {
		t.Skip("PHYSIONET_DIR is not set")
	}
	rows := make(map[string]int)
	lowest, highest := make(map[string]float64), make(map[string]float64)
	for _, set := range sets {
		n := 0
		eachText(t, dir, set, func(file string, data []byte) {
			s := newScanner(file, data)
			for s.next() {
				n++
				if c := s.row.parameter; c >= 0 {
					name, v := Variables[c], s.row.value
					if rows[name]++; rows[name] == 1 {
						lowest[name], highest[name] = v, v
					}
					lowest[name], highest[name] = min(lowest[name], v), max(highest[name], v)
				}
			}
			if s.err != nil {
				t.Error(s.err)
			}
		})
		if want := map[string]int{"set-a": 1757980, "set-b": 1762535}[set]; n != want {
			t.Errorf("%s: %d rows, want %d", set, n, want)
		}
	}
	for name, want := range map[string]struct {
		rows     int
		min, max float64
	}{
		"Weight":      {258603, -1, 472},
		"Albumin":     {4806, 1, 5.3},
		"ALP":         {6301, 12, 2205},
		"ALT":         {6479, 1, 16920},
		"AST":         {6483, 4, 18430},
		"Bilirubin":   {6520, 0, 59.4},
		"BUN":         {27807, 0, 209},
		"Cholesterol": {671, 28, 360},
		"Creatinine":  {27942, 0.1, 22.1},
		"DiasABP":     {291777, 0, 272},
		"FiO2":        {63981, 0.21, 1},
		"GCS":         {124129, 3, 15},
		"Glucose":     {26175, 8, 1289},
		"HCO3":        {27225, 5, 52},
		"HCT":         {36710, 5, 61.8},
		"HR":          {457144, 0, 300},
		"K":           {29107, 1.8, 22.9},
		"Lactate":     {16485, 0.3, 31},
		"Mg":          {27315, 0, 21},
		"MAP":         {292218, 0, 300},
		"MechVent":    {61359, 1, 1},
		"Na":          {27291, 98, 177},
		"NIDiasABP":   {197472, 0, 211},
		"NIMAP":       {194754, 0, 218},
		"NISysABP":    {197751, 0, 300},
		"PaCO2":       {46133, 0, 100},
		"PaO2":        {46042, 0, 500},
		"pH":          {48180, 0, 735},
		"Platelets":   {28453, 5, 2292},
		"RespRate":    {111410, 0, 100},
		"SaO2":        {15777, 1.06, 100},
		"SysABP":      {291909, 0, 295},
		"Temp":        {170957, -17.8, 42.2},
		"TroponinI":   {811, 0.3, 49.6},
		"TroponinT":   {4295, 0.01, 24.91},
		"Urine":       {274041, 0, 19990},
		"WBC":         {26002, 0, 12500},
	} {
		if rows[name] != want.rows || lowest[name] != want.min || highest[name] != want.max {
			t.Errorf("%s: %d rows from %v to %v, want %+v", name, rows[name], lowest[name], highest[name], want)
		}
	}
}

// Any bytes give a record that holds together or a *FormatError.
func FuzzReadRecord(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte(header))
	f.Add([]byte(text("00:00,Weight,-1", "00:30,HR,80", "01:30,HR,1e3", "48:00,Temp,-17.8")))
	f.Add([]byte(text("01:00,HR,80", "00:59,HR,80")))
	f.Add([]byte(text("01:00,HR,NaN")))
	f.Add([]byte(text("01:00,HR,80") + "\r\n,,\x00"))
	f.Add([]byte("\ufeff" + text("01:00,HR,80") + "\r\n\n02:00,HR,8"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readRecord("f", 7, data)
		if err != nil {
			var e *FormatError
			if !errors.As(err, &e) || e.Line > 1+strings.Count(string(data), "\n") {
				t.Errorf("error %v, want a *FormatError with a line of the file", err)
			}
			return
		}
		n := 0
		for _, row := range r.Observed {
			n += bits.OnesCount64(row)
			if row >= 1<<37 {
				t.Errorf("observed %b", row)
			}
		}
		if n == 0 || n != len(r.Values) {
			t.Errorf("%d bits, %d values", n, len(r.Values))
		}
		if slices.ContainsFunc(r.Values, func(v float64) bool { return !(math.Abs(v) <= 1e12) }) {
			t.Errorf("values %v", r.Values)
		}
	})
}
