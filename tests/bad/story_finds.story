# el2sim story 1
finds lost_write
