"""A client of `vigil env` (docs/environments.md), by Python's standard library alone.

    env = VigilEnv("http://127.0.0.1:8081", lanes=256)
    observation, _ = env.reset(seed=7)
    step = env.step(bytes(256))  # action 0, allow, in every lane

Arrays are NumPy's where NumPy is installed, shaped; else flat memoryviews. wrappers.py makes environments of Gymnasium and
PettingZoo of a client.
"""

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

try:
    import numpy
except ImportError:
    numpy = None

SIZES = {"f": 4, "I": 4, "H": 2, "B": 1}


class Refused(Exception):
    """What the server has against a request, with its code."""

    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code


class Step(NamedTuple):
    """What became of an action: E lanes, A agents, W inputs, C categories, n lanes that have ended."""

    observation: Any  # f32 [E, W] what comes next; of a lane that has ended, how its next episode begins
    categories: Any  # u16 [E, C]
    rewards: Any  # f32 [E, A]
    terminations: Any  # u8 [E] the episode has ended of itself
    truncations: Any  # u8 [E] the time limit has cut it: bootstrap from its final observation
    team_actions: Any  # u8 [E] after the vote
    ended: Any  # u32 [n] lanes, ascending
    final_observation: Any  # f32 [n, W]
    final_categories: Any  # u16 [n, C]


class VigilEnv:
    """E lanes of one environment in a session of their own."""

    def __init__(self, url: str, lanes: int = 1, token: str | None = None, timeout: float = 60.0):
        parts = urlsplit(url)
        is_whole = url.removesuffix("/") == f"{parts.scheme}://{parts.netloc}" and "@" not in url
        if parts.scheme not in ("http", "https") or parts.hostname is None or not is_whole:
            raise ValueError(f"url needs http://HOST:PORT or https://HOST:PORT without a path, received {url!r}")
        connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(parts.hostname, parts.port, timeout=timeout)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        told = json.loads(self._ask("POST", "/sessions", json.dumps({"lanes": lanes}).encode()))
        self._path = f"/sessions/{told['session']}"
        self.lanes = lanes
        self.agents: list[str] = told["agents"]
        self.size: int = told["observationSpace"]["size"]
        self.categories: list[dict] = told["observationSpace"]["categories"]
        self.action_names: list[str] = told["actionSpace"]["names"]

    def reset(self, seed: int | None = None) -> tuple[Any, Any]:
        """Begins an episode in every lane. Without a seed other episodes come. Returns observation and categories."""
        body = b"" if seed is None else json.dumps({"seed": seed}).encode()
        step = self._read(self._ask("POST", f"{self._path}/reset", body))
        return step.observation, step.categories

    def step(self, actions: Any) -> Step:
        """One action, 0 to 3, of each agent in each lane: bytes, or integers, flat or as NumPy makes [E, A] of them."""
        if not isinstance(actions, (bytes, bytearray)):
            actions = self._action_bytes(actions)
        return self._read(self._ask("POST", f"{self._path}/step", actions))

    def state(self) -> dict:
        """Seed, steps and episodes so far."""
        return json.loads(self._ask("GET", f"{self._path}/state", b""))

    def close(self) -> None:
        self._ask("DELETE", self._path, b"")
        self._connection.close()

    def _action_bytes(self, actions: Any) -> bytes:
        """Refuses what would become another action on its way into a byte, or the action of another lane."""
        lanes, agents, last = self.lanes, len(self.agents), len(self.action_names) - 1
        try:
            if numpy is None:
                values = bytes([*actions])
                if len(values) == lanes * agents and max(values) <= last:
                    return values
            else:
                array = numpy.asarray(actions)
                is_shaped = array.shape in ((lanes, agents), (lanes * agents,))
                if is_shaped and array.dtype.kind in "biu" and 0 <= array.min() and array.max() <= last:
                    return array.astype(numpy.uint8).tobytes()
        except (TypeError, ValueError):
            pass
        raise ValueError(f"actions need to be integers from 0 to {last}, [{lanes}, {agents}] or flat")

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            refusal = json.loads(text)
            raise Refused(refusal["code"], refusal["message"])
        return text

    def _read(self, frame: bytes) -> Step:
        lanes, agents, size, columns = self.lanes, len(self.agents), self.size, len(self.categories)
        ended = int.from_bytes(frame[:4], "little")
        place = 4

        def array(kind: str, *shape: int):
            nonlocal place
            count = 1
            for length in shape:
                count *= length
            start, place = place, place + count * SIZES[kind]
            if numpy is None:
                return memoryview(frame)[start:place].cast(kind)
            return numpy.frombuffer(frame, numpy.dtype(kind).newbyteorder("<"), count, start).reshape(shape)

        observation, rewards = array("f", lanes, size), array("f", lanes, agents)
        final_observation, numbers = array("f", ended, size), array("I", ended)
        categories, final_categories = array("H", lanes, columns), array("H", ended, columns)
        terminations, truncations, team = array("B", lanes), array("B", lanes), array("B", lanes)
        return Step(
            observation, categories, rewards, terminations, truncations, team, numbers, final_observation, final_categories
        )
