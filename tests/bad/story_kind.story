# el2sim story 1
machine 2 vcpus 2 pcpus 1 vms
load vcpu 0 pcpu 0
enter vcpu 0 pcpu 0
exit vcpu 0 pcpu 0 with hvc_none
