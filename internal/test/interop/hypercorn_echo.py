"""A WebSocket echo server on hypercorn, HTTP/2 in the clear, for the tests beside it.

    python3 hypercorn_echo.py FD      serves on the listening socket FD, and ends when its standard input does

It echoes messages, closes with code N for the text "!close N", and answers other requests with 200.
"""

import asyncio
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                return
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        text = event.get("text")
        if text is not None and text.startswith("!close "):
            await send({"type": "websocket.close", "code": int(text.split()[1])})
            return
        await send({"type": "websocket.send", "text": text, "bytes": event.get("bytes")})


async def main():
    config = Config()
    config.bind = ["fd://" + sys.argv[1]]
    config.graceful_timeout = 0

    async def ended():
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    await serve(app, config, shutdown_trigger=ended)


asyncio.run(main())
