package graph

// An AdaptingSolved is a Solved that can take the structure of another outcome of
// its site, as a solve of few steps can be a part of a graph of more.
//
// An objective with many sites asks for that: graphs are told apart by the
// structures of all sites together, so that even if each is one of a few, hardly
// any combination comes up twice.
type AdaptingSolved interface {
	Solved
	// Adapt takes the structure, which Structure returns from then on, and reports
	// whether it can. It is called before Emit.
	Adapt(structure string) bool
}

// manySites is the number of sites from which on outcomes adapt.
const manySites = 3

// adapt makes v, the outcome of site k, one of the structure that the site has in
// u, if it can.
func (u *outer) adapt(v Solved, k int) {
	if u == nil || len(u.sites) < manySites || k >= len(u.sites) || v.Structure() == u.sites[k].structure {
		return
	}
	if a, ok := v.(AdaptingSolved); ok {
		a.Adapt(u.sites[k].structure)
	}
}
