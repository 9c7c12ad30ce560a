"""Steps a second of all lanes together, through the client: python measure_steps.py URL [TOKEN]"""

import sys
import time

from vigil_env import VigilEnv

SECONDS = 3

for lanes in (1, 64, 1024, 4096):
    env = VigilEnv(sys.argv[1], lanes, *sys.argv[2:3])
    env.reset(seed=1)
    actions = bytes(lanes * len(env.agents))
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        env.step(actions)
        steps += lanes
    print(f"{lanes} lanes: {steps / (time.perf_counter() - start):,.0f} steps a second")
    env.close()
