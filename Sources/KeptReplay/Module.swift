// KeptReplay
