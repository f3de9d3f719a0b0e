// KeptLog
