package httpconn

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mintws/mintws/internal/badbyte"
)

// field is one field of a request or its trailer section.
type field struct{ name, value string }

// someFields is room for the fields of most requests, which a caller has on its stack.
type someFields [12]field

// checkFields appends the field lines of h sorted by name, in the order of the values, to fields, which is empty. Or it returns
// ErrInvalidRequest.
func checkFields(fields []field, h http.Header) ([]field, error) {
	n := 2 // for what frameRequest adds
	for _, values := range h {
		n += len(values)
	}
	fields = slices.Grow(fields, n)
	for name, values := range h {
		for _, value := range values {
			fields = append(fields, field{name, value})
		}
	}
	sortFields(fields)
	for _, f := range fields { // after sorting, so that the same Header gives the same error
		if fault := badbyte.InToken(f.name); fault != "" {
			return nil, invalid("field name "+fault, "a token")
		}
		if fault := badbyte.InValue(f.value); fault != "" {
			return nil, invalid("value of field "+quote(f.name)+" "+fault, "no control characters")
		}
	}
	return fields, nil
}

func sortFields(fields []field) {
	slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
}

// parseLength reads a Content-Length of the caller's into length, which is -1 before the first one (RFC 9110 section 8.6:
// 1*DIGIT, once).
func parseLength(value string, length *int64) error {
	n, err := strconv.ParseUint(value, 10, 63)
	switch {
	case *length >= 0:
		return invalid("field Content-Length appears twice", "one")
	case err != nil:
		for i := range len(value) {
			if value[i] < '0' || value[i] > '9' {
				return invalid("field Content-Length "+badbyte.At(value, i), "one decimal number")
			}
		}
		return invalid("field Content-Length is empty or too large", "a decimal number below 2^63")
	}
	*length = int64(n)
	return nil
}

// invalid is the error for the caller's mistake: what is wrong, and what was expected. Of what the caller passed it may quote
// only the names of fields, as anything else may be a secret.
func invalid(wrong, want string) error {
	return fmt.Errorf("%w: %s, expected %s", ErrInvalidRequest, wrong, want)
}
