package physionet

import (
	"embed"
	"io/fs"

	"github.com/pkg/errors"
)

//go:generate go run ./internal/subset -from $PHYSIONET_DIR -to subset

//go:embed subset/*.tar.gz
var subset embed.FS

// FullRange is the range of all 8000 patients.
var FullRange = Range{
	Min: [Channels]float64{
		-1, 1, 12, 1, 4, 0, 0, 28, // Weight Albumin ALP ALT AST Bilirubin BUN Cholesterol
		0.1, 0, 0.21, 3, 8, 5, 5.5, 0, // Creatinine DiasABP FiO2 GCS Glucose HCO3 HCT HR
		1.8, 0.3, 0, 0, 1, 98, 0, 0, // K Lactate Mg MAP MechVent Na NIDiasABP NIMAP
		0, 0, 0, 0.4, 5, 0, 1.06, 0, // NISysABP PaCO2 PaO2 pH Platelets RespRate SaO2 SysABP
		-17.8, 0.3, 0.01, 0, 0, // Temp TroponinI TroponinT Urine WBC
	},
	Max: [Channels]float64{
		472, 5.3, 2205, 16920, 18430, 59.4, 209, 360,
		22.1, 272, 1, 15, 1289, 52, 61.8, 199.5,
		22.9, 29.3, 21, 298, 1, 177, 180, 194,
		274, 100, 500, 735, 2292, 100, 100, 285,
		42.2, 49.6, 24.91, 11000, 6251.9,
	},
}

// Embedded returns the part of the data that is embedded in the binary, for use
// where the whole is not at hand: every 25th patient of each set, 320 in all. It
// normalises with FullRange, so that these patients come out as they do from the
// whole. The set is newly allocated.
func Embedded() (*Set, error) {
	folder, err := fs.Sub(subset, "subset")
	if err != nil {
		return nil, errors.Wrap(err, "physionet: embedded subset")
	}
	records, err := load(folder, "embedded subset")
	if err != nil {
		return nil, err
	}
	return &Set{Records: records, Range: FullRange}, nil
}
