"""Runs wstest with every listener on the loopback interface.

wstest itself listens on all interfaces and has no option for it. The arguments are wstest's own.
"""
import sys

from autobahntestsuite import wstest  # first: it chooses and installs the reactor

from twisted.internet import reactor


def on_loopback(listen):
    """Returns listenTCP with its last argument, the interface, fixed."""
    def listen_tcp(port, factory, backlog=50, interface=''):
        return listen(port, factory, backlog, '127.0.0.1')
    return listen_tcp


if __name__ == '__main__':
    reactor.listenTCP = on_loopback(reactor.listenTCP)
    sys.exit(wstest.run())
