package main

// gemm emits the inner loops of the matrix product.
func gemm(g *gen) {
	g.tiles("tiles", tileVectors, "computes C = A·B, or C += A·B, for tiles one below the other in panels side by side.")
	g.tiles("halfTiles", 1, "computes the left halves of what tiles does.")
	g.rowCombine()
	g.rowDot()
	g.packLines("packHeight", func() int { return g.tileRows() * g.size })
	g.packLines("packWidth", func() int { return tileVectors * g.width })
}
