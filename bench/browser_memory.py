"""The memory of a browser that scrolls through the whole grid, a few times.

Playwright makes the browser keep the bodies of all answers, so this starts a browser of its own and speaks the DevTools
protocol, of which it uses no part that keeps anything.
"""

import asyncio
import json
import re
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

from bench.served_page import find_program

PASSES: Final = 3
TIMEOUT_SECONDS: Final = 600
POLL_SECONDS: Final = 0.02
ENDPOINT: Final = re.compile(r"ws://([\w.:]+)/")


def measure_memory(address: str, probe: str, window: Mapping[str, int]) -> list[float]:
    """Return the browser's memory in MB: with the page open, and after each pass through all items.

    Empty where memory cannot be read: elsewhere than on Linux, or without an installed browser.

    Args:
        address: of the grid.
        probe: script that measures in the page.
        window: width and height.
    """
    program = find_program()
    if program is None or not Path("/proc/self/smaps_rollup").exists():
        return []
    return asyncio.run(asyncio.wait_for(_measure(program, address, probe, window), TIMEOUT_SECONDS))


class _Tab:
    """A tab, by the DevTools protocol.

    Args:
        socket: connection to the tab.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._sent = 0

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._sent += 1
        await self._socket.send_json({"id": self._sent, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json()
            if message.get("id") == self._sent:
                return dict(message["result"])

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, awaited if it is a promise."""
        answer = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    async def wait_until(self, expression: str) -> None:
        """Wait until an expression is true."""
        while not await self.evaluate(expression):  # noqa: ASYNC110 - the page tells nobody
            await asyncio.sleep(POLL_SECONDS)


async def _measure(program: str, address: str, probe: str, window: Mapping[str, int]) -> list[float]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = ["--headless", "--no-sandbox", "--incognito", "--remote-debugging-port=0"]
        size = f"--window-size={window['width']},{window['height']}"
        process = await asyncio.create_subprocess_exec(
            program, *flags, size, f"--user-data-dir={profile}", "about:blank", stdout=DEVNULL, stderr=PIPE
        )
        try:
            host = await _read_host(process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{host}/json") as answer:
                    pages = [tab for tab in json.loads(await answer.text()) if tab["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    return await _scroll(_Tab(socket), process.pid, address, probe)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.communicate()


async def _read_host(process: Process) -> str:
    """Return host and port of the protocol, which the browser prints."""
    while True:
        line = await process.stderr.readline() if process.stderr else b""
        if not line:
            raise RuntimeError("the browser ended before it could be measured")
        found = ENDPOINT.search(line.decode(errors="replace"))
        if found is not None:
            return found[1]


async def _scroll(tab: _Tab, pid: int, address: str, probe: str) -> list[float]:
    await tab.call("Page.enable")
    await tab.call("Page.addScriptToEvaluateOnNewDocument", source=probe)
    await tab.call("Page.navigate", url=address)
    await tab.wait_until("window.probe !== undefined && probe.opening.allVisible !== null")
    samples = [await _read_memory(tab, pid)]
    for _ in range(PASSES):
        await tab.evaluate("probe.scrollToStart()")
        while not await tab.evaluate("probe.scrollOn()"):
            await tab.wait_until("probe.areImagesShown()")
        samples.append(await _read_memory(tab, pid))
    return samples


async def _read_memory(tab: _Tab, pid: int) -> float:
    await tab.call("HeapProfiler.collectGarbage")
    return sum(map(_read_process_mb, [pid, *_list_descendants(pid)]))


def _list_descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    below = list(children.get(pid, []))
    for one in below:
        below += children.get(one, [])
    return below


def _read_process_mb(pid: int) -> float:
    """Return the memory of a process, with its share of what it has in common with others; 0 if it has ended."""
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) / 1000 if found else 0
    return 0
