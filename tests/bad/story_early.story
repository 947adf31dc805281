# el2sim story 1
load vcpu 0 pcpu 0
