package main

// outcome is how a case counts. The order is from good to bad.
type outcome int

const (
	passed    outcome = iota // OK or INFORMATIONAL
	nonStrict                // conforms, but not as strictly as the suite would like
	failed                   // everything else, words that the suite does not have yet included
	outcomes
)

// The words of the suite that are not failures, and those failures that have a column of their own.
const (
	wordOK            = "OK"
	wordInformational = "INFORMATIONAL"
	wordNonStrict     = "NON-STRICT"
	wordUnclean       = "UNCLEAN"
	wordUnimplemented = "UNIMPLEMENTED"
)

// judge returns how one word counts.
func judge(word string) outcome {
	switch word {
	case wordOK, wordInformational:
		return passed
	case wordNonStrict:
		return nonStrict
	}
	return failed
}

// word returns the word that decides r: a case has two, one for its messages and one for how the connection was closed, and
// the worse one counts. Among equals it is the one that says more.
func (r result) word() string {
	if judge(r.BehaviorClose) > judge(r.Behavior) || r.Behavior == wordOK {
		return r.BehaviorClose
	}
	return r.Behavior
}

// outcome returns how r counts.
func (r result) outcome() outcome { return judge(r.word()) }

// count counts cases by outcome.
func count(cases []result) (n [outcomes]int) {
	for _, r := range cases {
		n[r.outcome()]++
	}
	return n
}
