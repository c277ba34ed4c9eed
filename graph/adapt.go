package graph

// manySites is the number of sites from which on outcomes adapt: graphs are told
// apart by the structures of all sites together, so that even if each is one of a
// few, hardly any combination comes up twice.
const manySites = 3

// adapt makes v, the outcome of site k, one of the structure that the site has in
// u, if it can.
func (u *outer) adapt(v Solved, k int) {
	if u == nil || len(u.sites) < manySites || k >= len(u.sites) || v.Structure() == u.sites[k].structure {
		return
	}
	v.Adapt(u.sites[k].structure)
}
