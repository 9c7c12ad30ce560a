"""What packages/environments/src/python-client.slow.test.ts runs: plays through the client and prints what it saw as JSON."""

import json
import sys

from vigil_env import Refused, VigilEnv, numpy

env = VigilEnv(sys.argv[1], lanes=3, token=sys.argv[2])


def flat(values):
    return [float(value) for value in (values.ravel() if numpy is not None else values)]


observation, categories = env.reset(seed=7)
seen = [flat(observation)]
rewards, ended = [], 0
for t in range(40):
    step = env.step(bytes((t + i) % 4 for i in range(3 * len(env.agents))))
    seen.append(flat(step.observation) + flat(step.final_observation) + flat(step.final_categories))
    rewards += flat(step.rewards)
    ended += len(step.ended)
try:
    env.step(b"\4" * 3 * len(env.agents))
    refused = None
except Refused as refusal:
    refused = refusal.code
misread = []
count = 3 * len(env.agents)
for wrong in ([256] * count, [1.9] * count, [-253] * count, [4] * count, [0] * (count - 1), [[0] * 3] * len(env.agents), count):
    try:
        env.step(wrong)
        misread.append(wrong)
    except ValueError:
        pass
ended += len(env.step([3] * count).ended)
for url in (sys.argv[1] + "/sessions", sys.argv[1] + "?token=x", sys.argv[1].replace("//", "//user:word@"), "127.0.0.1:8081"):
    try:
        VigilEnv(url)
        misread.append(url)
    except ValueError:
        pass
print(json.dumps({"numpy": numpy is not None, "seen": seen, "rewards": rewards, "refused": refused, "misread": misread, "state": env.state(), "ended": ended}))
env.close()
