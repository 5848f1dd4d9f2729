"""An echo server and a client on HTTP/1.1 with permessage-deflate (RFC 7692), made with the library websockets.

    python3 deflate.py serve PARAM...                   echoes; prints the port, and ends when its standard input does
    python3 deflate.py send URL COUNT SECONDS PARAM...  sends COUNT messages and compares the echoes; prints the server's answer

PARAM is what this side asks for: server_no_context_takeover, client_no_context_takeover, server_max_window_bits=N,
client_max_window_bits=N.
"""

import asyncio
import random
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory


def options(factory, params):
    """What both sides have in common: permessage-deflate with these parameters, and no pings."""
    asked = {}
    for p in params:
        name, _, value = p.partition("=")
        asked[name] = int(value) if value else True
    return {"extensions": [factory(**asked)], "compression": None, "ping_interval": None}


async def serve(params):
    async def echo(ws, *_):
        async for message in ws:
            await ws.send(message)

    async with websockets.serve(echo, "127.0.0.1", 0, **options(ServerPerMessageDeflateFactory, params)) as server:
        print(list(server.sockets)[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def make(rng, i):
    """The message with number i."""
    size = rng.randint(0, rng.choice([64, 512, 512, 512, 4096]))
    if i % 250 == 1:
        size = 0
    elif i % 50 == 0:
        size = rng.randint(0, 65536) if i % 250 else 65536
    if i % 10 == 3 or i % 100 == 50:  # nothing to compress
        return rng.randbytes(size)
    text = []
    length = 0
    while length < size:
        side = rng.choice(["buy", "sell", "läßt", "売"])
        price = f"{rng.randrange(1000)}.{rng.randrange(100)}"
        text.append(f'{{"id":{i},"symbol":"SYM{rng.randrange(30)}","price":{price},"side":"{side}"}},')
        length += len(text[-1])
    text = "".join(text)[:size]
    return text.encode() if i % 7 == 0 else text


async def send(url, count, params):
    async with websockets.connect(url, **options(ClientPerMessageDeflateFactory, params)) as ws:
        response = getattr(ws, "response", None)  # of newer versions
        headers = response.headers if response is not None else ws.response_headers
        print(headers.get("Sec-WebSocket-Extensions", ""), flush=True)
        messages = asyncio.Queue(32)

        async def produce():
            rng = random.Random(1)
            for i in range(count):
                message = make(rng, i)
                await messages.put(message)
                if i % 4 == 0:  # in fragments
                    third = len(message) // 3
                    await ws.send([message[:third], message[third:2 * third], message[2 * third:]])
                else:
                    await ws.send(message)

        async def compare():
            for i in range(count):
                got, want = await ws.recv(), await messages.get()
                if type(got) is not type(want) or got != want:
                    sys.exit(f"message {i} comes back different")

        await asyncio.gather(produce(), compare())
        await ws.close()
        if ws.close_code != 1000:
            sys.exit(f"closed with {ws.close_code}")


if sys.argv[1] == "serve":
    asyncio.run(serve(sys.argv[2:]))
else:
    asyncio.run(asyncio.wait_for(send(sys.argv[2], int(sys.argv[3]), sys.argv[5:]), float(sys.argv[4])))
