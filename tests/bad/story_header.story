load vcpu 0 pcpu 0
