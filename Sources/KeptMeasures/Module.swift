// KeptMeasures
