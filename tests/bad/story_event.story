# el2sim story 1
machine 2 vcpus 2 pcpus 1 vms
preemt vcpu 0 pcpu 0
