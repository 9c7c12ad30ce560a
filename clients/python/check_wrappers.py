"""What packages/environments/src/python-client.slow.test.ts runs where Gymnasium and PettingZoo are: the wrappers beside the client."""

import json
import sys

import numpy
from pettingzoo.test import parallel_api_test, parallel_seed_test
from vigil_env import VigilEnv
from wrappers import VigilParallel, VigilVector

LANES = 8
single, team, token = sys.argv[1:]

vector, plain = VigilVector(VigilEnv(single, LANES, token)), VigilEnv(single, LANES, token)
observation, _ = vector.reset(seed=7)
numpy.testing.assert_array_equal(numpy.asarray(observation["values"]), plain.reset(seed=7)[0])
vector.action_space.seed(7)
outside, finals, episodes = 0, 0, 0
for _ in range(300):
    outside += observation not in vector.observation_space
    actions = vector.action_space.sample()
    observation, rewards, terminations, truncations, infos = vector.step(actions)
    step = plain.step(actions)
    numpy.testing.assert_array_equal(observation["values"], step.observation)
    numpy.testing.assert_array_equal(rewards, step.rewards[:, 0])
    assert numpy.flatnonzero(terminations | truncations).tolist() == step.ended.tolist()
    for place, lane in enumerate(step.ended):
        final = infos["final_obs"][lane]
        finals += final in vector.single_observation_space
        numpy.testing.assert_array_equal(final["values"], step.final_observation[place])
    episodes += len(step.ended)
vector.close()
plain.close()

parallel_api_test(VigilParallel(VigilEnv(team, token=token)), num_cycles=200)
parallel_seed_test(lambda: VigilParallel(VigilEnv(team, token=token)), num_cycles=50)
print(json.dumps({"outside": int(outside), "episodes": episodes, "finals": int(finals)}))
