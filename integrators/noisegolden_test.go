package integrators

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"

	"github.com/regnde/regnde/graph/value"
)

// TestNoiseSteps compares one step of every method with an independent implementation:
// end, scaled error and stiffness. Noise that is diagonal gives the same step as the
// matrices of it.
func TestNoiseSteps(t *testing.T) {
	noise := &Noise{Path: []Increment{wh(0.1, []float64{0.2, -0.1}, []float64{0.05, 0.03})}}
	additive := []noisyEquation{additiveNoise, additiveMatrix}
	diagonal := []noisyEquation{diagonalNoise, diagonalMatrix}
	general := []noisyEquation{generalNoise}
	commuting := []noisyEquation{generalNoise.as(Commutative)} // which it is not
	for _, tt := range []struct {
		method    Method
		equations []noisyEquation
		end       []float64
		e, s      float64
	}{
		{SRA1, additive, []float64{1.0381404559032956, 0.5200589136283389}, 4.261472466445559, 0},
		{SOSRA, additive, []float64{1.0381736596404054, 0.5201974676427914}, 6.697730766647019, 0},
		{SOSRA2, additive, []float64{1.038065323946017, 0.5200862259336775}, 6.186652645934426, 1.188530393472791},
		{EulerMaruyama, additive, []float64{1.0352627432079566, 0.5195}, 0, 0},

		{EulerMaruyama, diagonal, []float64{1.0944737513999634, 0.49643699966350435}, 0, 0},
		{Milstein, diagonal[:1], []float64{1.0898231542125263, 0.4908161090776908}, 0, 0},
		{StratonovichMilstein, diagonal, []float64{1.0978541952310668, 0.4968584978894342}, 0, 0},
		{StratonovichHeun, diagonal, []float64{1.098000905493465, 0.49723431081643354}, 0, 0},
		{EulerHeun, diagonal, []float64{1.0985615697984534, 0.4966257924815623}, 0, 0},
		{LambaEulerHeun, diagonal, []float64{1.098000905493465, 0.49723431081643354}, 0.3870877068223137, 0},
		{SPaRK, diagonal, []float64{1.096330327900678, 0.499396585938851}, 0.11043335085323772, 0},
		{GeneralShARK, diagonal, []float64{1.0964142190400576, 0.49935750870024004}, 0, 0},
		{SlowRK, diagonal, []float64{1.096113135423791, 0.49945458423974626}, 0, 0},

		{EulerMaruyama, general, []float64{1.0479425538604203, 0.5303060461173628}, 0, 0},
		{StratonovichHeun, general, []float64{1.0529992342058028, 0.529702472400851}, 0, 0},
		{EulerHeun, general, []float64{1.0501644933992467, 0.5294481444266195}, 0, 0},
		{LambaEulerHeun, general, []float64{1.0529992342058028, 0.529702472400851}, 0, 0},
		{SPaRK, general, []float64{1.0517241833103075, 0.5303917633079951}, 0.050376361386000636, 0},
		{GeneralShARK, general, []float64{1.051859653606793, 0.5303183348418137}, 0, 0},
		{SlowRK, commuting, []float64{1.0514823613978206, 0.5307180130800316}, 0, 0},
		{StratonovichMilstein, commuting, []float64{1.0501644933992467, 0.5299626751843722}, 0, 0},
	} {
		for _, q := range tt.equations {
			name := tt.method.traits().name + ", " + q.form.String()
			sol := predictFrom(t, q.solver(t, tt.method, 0.3, 0.4, noise, &Settings{FixedSteps: 1}), row(1, 0.5))
			if z := value.Float64s(sol.Z); !floats.EqualApprox(z, tt.end, 1e-12) {
				t.Errorf("%s: a step ends at %v, expected %v", name, z, tt.end)
			}
			if tt.e == 0 && tt.s == 0 {
				continue
			}
			sol = predictFrom(t, q.solver(t, tt.method, 0.3, 0.4, noise, &Settings{InitialStep: 0.1, AbsTol: 0.01, RelTol: 0.01, Record: true}), row(1, 0.5))
			if e := sol.Steps[0].E; !scalar.EqualWithinRel(e, tt.e, 1e-12) {
				t.Errorf("%s: E = %v, expected %v", name, e, tt.e)
			}
			if s := sol.Steps[0].S; tt.s != 0 && !scalar.EqualWithinRel(s, tt.s, 1e-12) {
				t.Errorf("%s: S = %v, expected %v", name, s, tt.s)
			}
		}
	}
}
