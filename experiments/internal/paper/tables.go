package paper

import "github.com/regnde/regnde/experiments/internal/trainer"

const hour = 3600

// The columns of classifiers, Tables 1 and 4.
var classifierColumns = []Column{
	{"train accuracy (%)", TrainAccuracy, 1},
	{"test accuracy (%)", TestAccuracy, 1},
	{"train time (h)", TrainTime, hour},
	{"prediction time (s)", PredictionTime, 1},
	{"NFE", NFE, 1},
}

// Figure2 has the evaluations in the caption of Figure 2.
var Figure2 = Table{
	Name:       "Figure 2",
	Caption:    "Spiral equation, fitted with a neural ODE",
	Experiment: "spiral_node",
	Epochs:     100,
	Fit:        "Figure 2",
	Columns:    []Column{{"NFE", NFE, 1}},
	Rows: []Row{
		{"vanilla", []Cell{"1083.0 ± 57.55"}},
		{"srnode+ernode", []Cell{"676.2 ± 68.20"}},
	},
}

// Table1 is that of section 4.1.1.
var Table1 = Table{
	Name:       "Table 1",
	Caption:    "MNIST image classification using a neural ODE",
	Experiment: "mnist_node",
	Epochs:     75,
	Subset:     true,
	Curve:      &Curve{"Figure 3", "training accuracy (%)", func(e trainer.Epoch) float64 { return *e.TrainAccuracy }, true},
	Columns:    classifierColumns,
	Rows: []Row{
		{"vanilla", []Cell{"100.0 ± 0.00", "97.94 ± 0.02", "0.98 ± 0.03", "0.094 ± 0.010", "253.0 ± 3.46"}},
		{"steer", []Cell{"100.0 ± 0.00", "97.94 ± 0.03", "1.31 ± 0.07", "0.092 ± 0.002", "265.0 ± 3.46"}},
		{"taynode", []Cell{"98.98 ± 0.06", "97.89 ± 0.00", "1.19 ± 0.07", "0.079 ± 0.007", "80.3 ± 0.43"}},
		{"srnode", []Cell{"100.0 ± 0.00", "98.08 ± 0.15", "1.24 ± 0.06", "0.094 ± 0.003", "259.0 ± 3.46"}},
		{"ernode", []Cell{"99.71 ± 0.28", "97.32 ± 0.06", "0.82 ± 0.02", "0.060 ± 0.001", "177.0 ± 0.00"}},
		{"steer+srnode", []Cell{"100.0 ± 0.00", "97.88 ± 0.06", "1.55 ± 0.27", "0.101 ± 0.009", "275.0 ± 12.5"}},
		{"steer+ernode", []Cell{"99.91 ± 0.02", "97.61 ± 0.11", "1.37 ± 0.11", "0.086 ± 0.018", "197.0 ± 9.17"}},
		{"srnode+ernode", []Cell{"99.98 ± 0.03", "97.77 ± 0.05", "1.37 ± 0.04", "0.081 ± 0.006", "221.0 ± 17.3"}},
	},
}

// Table2 is that of section 4.1.2. Losses are in 10⁻³, as in the results of the
// experiment.
var Table2 = Table{
	Name:       "Table 2",
	Caption:    "PhysioNet time series interpolation",
	Experiment: "physionet_latent_ode",
	Epochs:     300,
	Subset:     true,
	Curve:      &Curve{"Figure 4", "training loss (thousandths)", func(e trainer.Epoch) float64 { return e.TrainLoss }, false},
	Columns: []Column{
		{"train loss (10⁻³)", TrainLoss, 1},
		{"test loss (10⁻³)", TestLoss, 1},
		{"train time (h)", TrainTime, hour},
		{"prediction time (s)", PredictionTime, 1},
		{"NFE", NFE, 1},
	},
	Rows: []Row{
		{"vanilla", []Cell{"3.48 ± 0.00", "3.55 ± 0.00", "1.75 ± 0.39", "0.53 ± 0.12", "733.0 ± 84.29"}},
		{"steer", []Cell{"3.43 ± 0.02", "3.48 ± 0.01", "1.62 ± 0.26", "0.54 ± 0.06", "699.0 ± 141.1"}},
		{"taynode", []Cell{"4.21 ± 0.02", "4.21 ± 0.01", "12.3 ± 0.32", "0.22 ± 0.02", "167.3 ± 11.93"}},
		{"srnode", []Cell{"3.52 ± 1.44", "3.58 ± 0.05", "0.87 ± 0.09", "0.20 ± 0.01", "273.0 ± 0.000"}},
		{"ernode", []Cell{"3.51 ± 0.00", "3.57 ± 0.00", "0.94 ± 0.13", "0.21 ± 0.02", "287.0 ± 17.32"}},
		{"steer+srnode", []Cell{"3.67 ± 0.02", "3.73 ± 0.02", "0.89 ± 0.08", "0.20 ± 0.01", "271.0 ± 12.49"}},
		{"steer+ernode", []Cell{"3.41 ± 0.02", "3.48 ± 0.01", "1.03 ± 0.25", "0.24 ± 0.05", "269.0 ± 33.05"}},
		{"srnode+ernode", []Cell{"3.48 ± 0.11", "3.56 ± 0.03", "1.12 ± 0.08", "0.21 ± 0.01", "263.0 ± 12.49"}},
	},
}

// Table3 is that of section 4.2.1.
var Table3 = Table{
	Name:       "Table 3",
	Caption:    "Spiral SDE, fitted with a neural SDE",
	Experiment: "spiral_nsde",
	Epochs:     25,
	Fit:        "Figure 5",
	Columns: []Column{
		{"mean squared loss", TestLoss, 1},
		{"train time (s)", TrainTime, 1},
		{"prediction time (s)", PredictionTime, 1},
		{"NFE", NFE, 1},
	},
	Rows: []Row{
		{"vanilla", []Cell{"0.0217 ± 0.0088", "178.95 ± 20.22", "0.07553 ± 0.0186", "528.67 ± 6.11"}},
		{"srnsde", []Cell{"0.0204 ± 0.0091", "166.42 ± 14.51", "0.07250 ± 0.0017", "502.00 ± 4.00"}},
		{"ernsde", []Cell{"0.0227 ± 0.0090", "173.43 ± 4.18", "0.07552 ± 0.0008", "502.00 ± 4.00"}},
	},
}

// Table4 is that of section 4.2.2.
var Table4 = Table{
	Name:       "Table 4",
	Caption:    "MNIST image classification using a neural SDE",
	Experiment: "mnist_nsde",
	Epochs:     40,
	Subset:     true,
	Curve:      &Curve{"Figure 6", "training error (%)", func(e trainer.Epoch) float64 { return 100 - *e.TrainAccuracy }, true},
	Columns:    classifierColumns,
	Rows: []Row{
		{"vanilla", []Cell{"98.97 ± 0.11", "96.95 ± 0.11", "6.32 ± 0.19", "15.07 ± 0.93", "411.33 ± 6.11"}},
		{"srnsde", []Cell{"98.79 ± 0.12", "96.80 ± 0.07", "8.54 ± 0.37", "14.50 ± 0.40", "382.00 ± 4.00"}},
		{"ernsde", []Cell{"98.16 ± 0.11", "96.27 ± 0.35", "4.19 ± 0.04", "7.23 ± 0.14", "184.67 ± 2.31"}},
	},
}

// FFJORD has the variants of continuous normalizing flows, which section 2.3 is on
// and the official code trains. Numbers have been published nowhere.
var FFJORD = Table{
	Name:       "Section 2.3",
	Caption:    "Continuous normalizing flow, of which the paper has no numbers",
	Experiment: "ffjord",
	Epochs:     20,
	Columns: []Column{
		{"train NLL (nats)", TrainLoss, 1},
		{"test NLL (nats)", TestLoss, 1},
		{"train time (s)", TrainTime, 1},
		{"prediction time (s)", PredictionTime, 1},
		{"NFE", NFE, 1},
	},
	Rows: []Row{
		{Variant: "vanilla"}, {Variant: "srnode"}, {Variant: "ernode"}, {Variant: "taynode"},
		{Variant: "kinetic"}, {Variant: "jacobian"}, {Variant: "kinetic+jacobian"},
	},
}
