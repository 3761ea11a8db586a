"""Speaks to an echo by Autobahn's client, which can also send frames that are wrong. Prints what came of it as JSON."""
import asyncio, json, sys
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

LARGE = bytes(range(256)) * 4096
WRONG = {"opcode": dict(opcode=3), "reserved": dict(opcode=1, rsv=4, payload=b"x"), "utf8": dict(opcode=1, payload=b"\xff"),
         "continuation": dict(opcode=0, payload=b"x")}
told = {}


class Good(WebSocketClientProtocol):
    def onOpen(self):
        self.sendMessage("κόσμε".encode())
        self.sendMessage(LARGE, isBinary=True, fragmentSize=50000)
        self.came = []

    def onMessage(self, payload, isBinary):
        self.came.append(payload)
        if len(self.came) == 2:
            told["text"] = self.came[0] == "κόσμε".encode()
            told["fragmented"] = self.came[1] == LARGE
            self.sendPing(b"hi")

    def onPong(self, payload):
        told["pong"] = payload == b"hi"
        self.sendClose(4001, "bye")

    def onClose(self, wasClean, code, reason):
        told["close"] = code
        self.factory.over.set_result(None)


class Bad(WebSocketClientProtocol):
    def onOpen(self):
        self.sendFrame(**WRONG[self.factory.wrong])

    def onClose(self, wasClean, code, reason):
        told[self.factory.wrong] = code
        self.factory.over.set_result(None)


async def run(url, protocol, wrong=None):
    loop = asyncio.get_running_loop()
    factory = WebSocketClientFactory(url)
    factory.protocol, factory.wrong, factory.over = protocol, wrong, loop.create_future()
    await loop.create_connection(factory, factory.host, factory.port)
    await asyncio.wait_for(factory.over, 30)


async def main(url):
    await run(url, Good)
    for wrong in WRONG:
        await run(url, Bad, wrong)
    print(json.dumps(told))


asyncio.run(main(sys.argv[1]))
