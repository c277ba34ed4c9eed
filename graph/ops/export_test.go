package ops

// ColSum is the sum of the rows of a matrix, for its test.
var ColSum = colSum
