# el2sim story 1
inject drop:SCTLR_EL9@put
machine 2 vcpus 2 pcpus 1 vms
load vcpu 0 pcpu 0
