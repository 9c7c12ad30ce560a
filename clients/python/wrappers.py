"""`vigil env` for Gymnasium (a vector of lanes, one agent) and PettingZoo (one lane, agents in parallel). Both are optional."""

import gymnasium
import numpy
import pettingzoo
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from vigil_env import VigilEnv

LOWEST, HIGHEST = -4.0, 4.0


def _space(env: VigilEnv):
    values = Box(LOWEST, HIGHEST, (env.size,), numpy.float32)
    if not env.categories:
        return values
    return Dict({"values": values, "categories": MultiDiscrete([column["size"] for column in env.categories])})


class VigilVector(gymnasium.vector.VectorEnv):
    """The lanes of a team of one agent. A lane that ends begins anew in the same step; `final_obs` of the infos has what came last."""

    metadata = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}

    def __init__(self, env: VigilEnv):
        if len(env.agents) != 1:
            raise ValueError(f"a vector needs one agent, received {len(env.agents)}: start `vigil env --agents=1`")
        self._env, self.num_envs = env, env.lanes
        self.single_observation_space, self.single_action_space = _space(env), Discrete(len(env.action_names))
        batch = gymnasium.vector.utils.batch_space
        self.observation_space = batch(self.single_observation_space, env.lanes)
        self.action_space = batch(self.single_action_space, env.lanes)

    def reset(self, *, seed=None, options=None):
        return self._observation(*self._env.reset(seed)), {}

    def step(self, actions):
        step = self._env.step(actions)
        infos = {}
        if len(step.ended) > 0:
            final = numpy.full(self.num_envs, None, object)
            for place, lane in enumerate(step.ended):
                final[lane] = self._observation(step.final_observation[place], step.final_categories[place])
            infos = {"final_obs": final, "_final_obs": (step.terminations | step.truncations).astype(bool)}
        flags = step.terminations.astype(bool), step.truncations.astype(bool)
        rewards = step.rewards[:, 0].astype(numpy.float64)
        return self._observation(step.observation, step.categories), rewards, *flags, infos

    def close_extras(self, **kwargs):
        self._env.close()

    def _observation(self, values, categories):
        return {"values": values, "categories": categories} if self._env.categories else values


class VigilParallel(pettingzoo.ParallelEnv):
    """One lane, all agents of the team at the same time."""

    metadata = {"name": "vigil", "render_modes": []}

    def __init__(self, env: VigilEnv):
        if env.lanes != 1:
            raise ValueError(f"parallel agents need one lane, received {env.lanes}")
        self._env, self.possible_agents, self.agents = env, list(env.agents), []
        self.observation_spaces = {agent: _space(env) for agent in env.agents}
        self.action_spaces = {agent: Discrete(len(env.action_names)) for agent in env.agents}

    def observation_space(self, agent):
        return self.observation_spaces[agent]

    def action_space(self, agent):
        return self.action_spaces[agent]

    def reset(self, seed=None, options=None):
        self.agents = list(self.possible_agents)
        values, categories = self._env.reset(seed)
        return self._each(self._observation(values[0], categories[0])), self._each({})

    def step(self, actions):
        step = self._env.step(numpy.array([[actions[agent] for agent in self.agents]]))
        is_over = len(step.ended) > 0
        # PettingZoo begins an episode by `reset` alone, so the last step shows what came last.
        last = (step.final_observation, step.final_categories) if is_over else (step.observation, step.categories)
        answer = (
            self._each(self._observation(last[0][0], last[1][0])),
            {agent: float(step.rewards[0, i]) for i, agent in enumerate(self.agents)},
            self._each(bool(step.terminations[0])),
            self._each(bool(step.truncations[0])),
            self._each({}),
        )
        if is_over:
            self.agents = []
        return answer

    def close(self):
        self._env.close()

    def _each(self, value):
        return {agent: value for agent in self.agents}

    def _observation(self, values, categories):
        return {"values": values, "categories": categories} if self._env.categories else values
