# el2sim story 1
machine 2 vcpus 2 pcpus 1 vms
load vcpu 2 pcpu 0
