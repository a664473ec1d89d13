package app

func init() {}
