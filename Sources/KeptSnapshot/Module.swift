// KeptSnapshot
