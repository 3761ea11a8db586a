"""Speaks to an echo by the library websockets. Prints what came of it as JSON."""
import asyncio, json, sys
import websockets


async def main(url):
    async with websockets.connect(url, max_size=2**24, compression=None) as peer:
        async def echo(message):
            await peer.send(message)
            return await peer.recv()
        large = bytes(range(256)) * 4096
        told = {
            "text": await echo("κόσμε") == "κόσμε",
            "binary": await echo(b"\x00\xff") == b"\x00\xff",
            "large": await echo(large) == large,
            "fragmented": await echo(["frag", "", "ment"]) == "fragment",
        }
        await asyncio.wait_for(await peer.ping(b"hi"), 10)
        told["pong"] = True
        await peer.send("last")
        await peer.close(4001, "bye")
        told["close"] = peer.close_code
    print(json.dumps(told))


asyncio.run(main(sys.argv[1]))
