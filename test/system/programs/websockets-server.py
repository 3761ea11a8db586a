"""A server by Python's websockets: `echo`, or `broadcast` (what one sends, everybody gets). Prints its port."""
import asyncio
import sys

import websockets

peers = set()


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def broadcast(socket):
    peers.add(socket)
    try:
        async for message in socket:
            websockets.broadcast(peers, message)
    finally:
        peers.remove(socket)


async def main():
    handler = {"echo": echo, "broadcast": broadcast}[sys.argv[1]]
    async with websockets.serve(handler, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
