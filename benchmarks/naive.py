"""The chat server that anybody writes first: one loop over all writers. It is what ours is measured against.

It says as much as ours does on the wire (a prompt, a welcome, who joined) and checks nothing: no limits, no
log, no slow readers. ``python -m benchmarks.naive PORT``.
"""

import asyncio
import sys


class Broadcaster:
    """Everybody who is there."""

    def __init__(self) -> None:
        self._writers: dict[str, asyncio.StreamWriter] = {}

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its prompt to its end."""
        nick = ""
        try:
            while not nick:
                writer.write(b"NICK\r\n")
                line = await reader.readline()
                if not line:
                    return
                if (wanted := line.strip().decode()) and wanted not in self._writers:
                    nick = wanted
            self._writers[nick] = writer
            writer.write(f"*** Welcome, {nick}.\r\n".encode())
            self._tell(f"*** {nick} joined #lobby\r\n".encode(), writer)
            while line := await reader.readline():
                self._tell(f"{nick}: ".encode() + line, writer)
        except (ConnectionError, UnicodeDecodeError, ValueError):
            pass
        finally:
            if nick:
                del self._writers[nick]
            writer.close()

    def _tell(self, line: bytes, but: asyncio.StreamWriter) -> None:
        for writer in self._writers.values():
            if writer is not but:
                writer.write(line)


async def serve(port: int) -> None:
    server = await asyncio.start_server(Broadcaster().meet, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
