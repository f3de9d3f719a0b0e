// KeptIntake
