// Package physionet reads the records of the PhysioNet/Computing in Cardiology
// Challenge 2012: the first 48 hours of 8000 stays in intensive care, as 37
// variables on a grid of 49 hours, prepared as the literature on latent ODEs does.
//
//	set, err := physionet.Load(dir)    // set-a and set-b, archives or folders
//	set, err := physionet.Embedded()   // 320 of the patients, in the binary
//	train, test, err := set.Split(0.8, seed)
//
// A Set keeps of every patient what was observed, and no more: one value in five
// is there. Fill turns a mini-batch of patients into the dense arrays a model
// takes, of which layers.RecognitionInput makes what an encoder reads. Time comes
// first, so that all patients at one time are a matrix:
//
//	n := physionet.Times * len(idx) * physionet.Channels
//	x, mask := make([]float32, n), make([]float32, n) // (49, batch, 37)
//	err := physionet.Fill(train, idx, x, mask)
//
// # From record to array
//
// The steps are those of Rubanova, Chen, Duvenaud, "Latent ODEs for
// irregularly-sampled time series", NeurIPS 2019, with the choices of Kelly,
// Bettencourt, Johnson, Duvenaud, "Learning differential equations that are easy
// to solve", NeurIPS 2020.
//
//   - Time, minutes since admission, is rounded to the hour, and half an hour to
//     the even one: 00:30 to 0, 01:30 to 2. That leaves the hours 0, …, 48. A time
//     beyond 48:00 is an error.
//   - The values of one variable that fall into one hour, be they at different
//     times or twice at the same, are averaged.
//   - Of the descriptors, RecordID names the patient, and Age, Gender, Height and
//     ICUType are read but not used. Weight is both a descriptor and a variable,
//     and is channel 0. A weight of -1 stands for unknown; the literature counts
//     it as observed, and so does this package.
//   - Gross errors of measurement, such as a pH of 735, stay.
//   - A value x becomes (x - min)/max with the least and the greatest hourly mean
//     of the variable among all patients, those to test with included. It is not
//     a scaling to [0, 1]; see Range.
//   - Entries that were not observed are 0, in the value and in the mask.
//   - The 49 times are divided by 48 hours, see Grid.
//
// The data are by I. Silva, G. Moody, D. J. Scott, L. A. Celi, R. G. Mark,
// "Predicting in-hospital mortality of ICU patients: the PhysioNet/Computing in
// Cardiology Challenge 2012", Computing in Cardiology 39:245–248, 2012. They are
// de-identified, and under the Open Data Commons Attribution License. The terms
// of the embedded part are beside it, in subset/LICENSE.md.
//
// The tests read all records from the folder in the environment variable
// PHYSIONET_DIR, and leave out what needs them if that is not set.
package physionet

const (
	Channels = 37 // variables of a patient
	Times    = 49 // hours of the grid, 0, …, 48
)

// Variables are the names of the variables, in the order of the channels. Not to
// be changed.
var Variables = [Channels]string{
	"Weight", "Albumin", "ALP", "ALT", "AST", "Bilirubin", "BUN", "Cholesterol",
	"Creatinine", "DiasABP", "FiO2", "GCS", "Glucose", "HCO3", "HCT", "HR", "K",
	"Lactate", "Mg", "MAP", "MechVent", "Na", "NIDiasABP", "NIMAP", "NISysABP",
	"PaCO2", "PaO2", "pH", "Platelets", "RespRate", "SaO2", "SysABP", "Temp",
	"TroponinI", "TroponinT", "Urine", "WBC",
}

// Record is what was observed of one patient.
type Record struct {
	ID int // the RecordID, 132539 and up

	// Observed has a row for every hour, in which bit c tells that channel c was
	// observed.
	Observed [Times]uint64

	// Values are the hourly means of what was observed, in the units of the
	// records: hour by hour, and in the order of the channels in each. There are
	// as many as bits are set in Observed, and at least one.
	Values []float64
}

// Set is a sequence of patients.
type Set struct {
	Records []Record

	// Range is what Fill normalises with. It is that of all patients, also in
	// the parts of a set.
	Range Range
}

// Len returns the number of patients.
func (s *Set) Len() int { return len(s.Records) }
