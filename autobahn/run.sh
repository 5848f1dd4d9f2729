#!/bin/sh
# The door to the program beside it, for its exit codes and signals, which go run does not pass on. See --help.
cd "$(dirname "$0")/.." && go build -buildvcs=false -o "autobahn/.bin/$$/" ./autobahn && mv -f "autobahn/.bin/$$/autobahn" autobahn/.bin/ && rmdir "autobahn/.bin/$$" && exec autobahn/.bin/autobahn "$@"
