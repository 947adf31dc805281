# el2sim story 1
# el2sim run configs/bugs/spsr-late.ini --story FILE
config configs/bugs/spsr-late.ini
machine 2 vcpus 2 pcpus 1 vms
finds stale_read SPSR_EL2
load vcpu 0 pcpu 0
enter vcpu 0 pcpu 0
exit vcpu 0 pcpu 0 with hvc_unknown
