"""PPO of one file (in the manner of CleanRL's) against a served environment of one agent without categories.

    npx nx run environments:serve --dataset=quickest --agents=1 --rows=1000000 --port=8081
    npx nx run environments:serve --dataset=quickest --agents=1 --rows=1000000 --port=8082 --part=test
    python clients/python/ppo.py --train=http://127.0.0.1:8081 --test=http://127.0.0.1:8082

Needs PyTorch and NumPy. The last lines are the mean return of an episode on the test part: of allowing everything, and of the policy
that was learnt, greedily. docs/environments.md lays them beside the optimum.
"""

import argparse

import numpy
import torch
from torch import nn
from vigil_env import VigilEnv

LANES, STEPS, EPOCHS, MINIBATCH = 512, 64, 4, 4096
GAMMA, LAMBDA, CLIP, ENTROPY, VALUE, RATE, NORM = 1.0, 0.95, 0.2, 0.05, 1.0, 5e-3, 0.5
# ENTROPY falls to none. From 0.01 a policy settles early, far from the optimum.
# The critic's unit: a stream under attack costs tens, and its mean is what counts, not what is usual.
UNIT = 10.0
# Whoever quarantines at random ends every stream at once, and learns nothing else: logit of allowing at the beginning.
HESITATION = 2.0


def network(inputs: int, outputs: int) -> nn.Module:
    last = nn.Linear(32, outputs)
    nn.init.orthogonal_(last.weight, 0.01)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(inputs, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), last)


def main() -> None:
    flags = argparse.ArgumentParser()
    flags.add_argument("--train", required=True)
    flags.add_argument("--test", required=True)
    flags.add_argument("--seed", type=int, default=1)
    flags.add_argument("--updates", type=int, default=200)
    given = flags.parse_args()
    # Networks this small are no faster on several threads, and on one the sums are the same anywhere.
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    env = VigilEnv(given.train, LANES)
    actor, critic = network(env.size, len(env.action_names)), network(env.size, 1)
    nn.init.constant_(actor[-1].bias[:1], HESITATION)
    optimiser = torch.optim.Adam([*actor.parameters(), *critic.parameters()], RATE, eps=1e-5)
    observation, _ = env.reset(given.seed)
    for update in range(given.updates):
        left = 1 - update / given.updates
        optimiser.param_groups[0]["lr"] = RATE * left
        batch, observation, reward = collect(env, actor, critic, observation)
        for _ in range(EPOCHS):
            for rows in torch.randperm(LANES * STEPS).split(MINIBATCH):
                loss = losses(actor, critic, *(values[rows] for values in batch), left * ENTROPY)
                optimiser.zero_grad()
                loss.backward()
                # Apart: the critic's large gradients would otherwise make the actor's steps small.
                nn.utils.clip_grad_norm_(actor.parameters(), NORM)
                nn.utils.clip_grad_norm_(critic.parameters(), NORM)
                optimiser.step()
        if update % 10 == 9:
            print(f"update {update + 1}: reward {reward:.4f} a step", flush=True)
    env.close()
    test = VigilEnv(given.test, LANES)
    print(f"allow everything: {mean_return(test, lambda seen: numpy.zeros(len(seen), numpy.uint8)):.3f}")
    print(f"PPO: {mean_return(test, lambda seen: greedy(actor, seen)):.3f}")
    test.close()


@torch.no_grad()
def collect(env: VigilEnv, actor: nn.Module, critic: nn.Module, observation: numpy.ndarray):
    """STEPS of every lane. Returns the batch (observations, actions, log-probabilities, advantages, returns), and what comes next."""
    seen = torch.zeros(STEPS, LANES, env.size)
    actions, log_probs, rewards, values, next_values, ended = (torch.zeros(STEPS, LANES) for _ in range(6))
    for t in range(STEPS):
        seen[t] = torch.tensor(observation)
        policy = torch.distributions.Categorical(logits=actor(seen[t]))
        actions[t] = policy.sample()
        log_probs[t], values[t] = policy.log_prob(actions[t]), UNIT * critic(seen[t])[:, 0]
        step = env.step(actions[t].to(torch.uint8).numpy())
        observation, rewards[t] = step.observation, torch.tensor(step.rewards[:, 0])
        # The episode of a lane that has ended goes on in its final observation, and is worth nothing where it has terminated.
        next_values[t] = UNIT * critic(torch.tensor(observation))[:, 0]
        lanes = torch.tensor(step.ended.astype(numpy.int64))
        next_values[t, lanes] = UNIT * critic(torch.tensor(step.final_observation))[:, 0]
        next_values[t] *= 1 - torch.tensor(step.terminations).float()
        ended[t, lanes] = 1
    advantages, advantage = torch.zeros(STEPS, LANES), torch.zeros(LANES)
    for t in reversed(range(STEPS)):
        delta = rewards[t] + GAMMA * next_values[t] - values[t]
        advantage = delta + GAMMA * LAMBDA * (1 - ended[t]) * advantage
        advantages[t] = advantage
    batch = (seen, actions, log_probs, advantages, advantages + values)
    return [array.flatten(0, 1) for array in batch], observation, rewards.mean().item()


def losses(actor, critic, seen, actions, old_log_probs, advantages, returns, entropy):
    policy = torch.distributions.Categorical(logits=actor(seen))
    ratio = (policy.log_prob(actions) - old_log_probs).exp()
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    clipped = torch.min(ratio * advantages, ratio.clamp(1 - CLIP, 1 + CLIP) * advantages).mean()
    value_loss = nn.functional.mse_loss(critic(seen)[:, 0], returns / UNIT)
    return -clipped + VALUE * value_loss - entropy * policy.entropy().mean()


@torch.no_grad()
def greedy(actor: nn.Module, seen: numpy.ndarray) -> numpy.ndarray:
    return actor(torch.tensor(seen)).argmax(1).to(torch.uint8).numpy()


def mean_return(env: VigilEnv, act, episodes: int = 20_000) -> float:
    """Of the first episodes of each lane, as many of each: episodes that end early must not count more often."""
    observation, _ = env.reset(0)
    each = -(-episodes // env.lanes)
    counts, running, total = numpy.zeros(env.lanes, int), numpy.zeros(env.lanes), 0.0
    while counts.min() < each:
        step = env.step(act(observation))
        observation = step.observation
        running += step.rewards[:, 0]
        total += running[step.ended][counts[step.ended] < each].sum()
        counts[step.ended] += 1
        running[step.ended] = 0
    return total / (each * env.lanes)


if __name__ == "__main__":
    main()
