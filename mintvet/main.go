// Command mintvet finds where a program that uses mintws loses the next value of a connection. It is run by go vet:
//
//	go install github.com/mintws/mintws/mintvet@latest
//	go vet -vettool=$(which mintvet) ./...
//
// Package nextvalue, below this one, is the analyzer, for those who have a driver of their own.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/mintws/mintws/mintvet/nextvalue"
)

func main() { unitchecker.Main(nextvalue.Analyzer) }
