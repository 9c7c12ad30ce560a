"""PyTorch's loop for the work of a bench workload: rollout, advantages and clipped PPO for a team of independent agents.

A layer of all agents is one batched product; LSTM layers are PyTorch's own, one for each agent, over whole segments from a state of zero, in the
rollout as well: events do not depend on actions here. With LSTM layers nothing is compiled.

    npx nx run tools:bench --only=peer --peer="python3 packages/lab/peers/ppo_torch.py"

Reads one line of JSON with the work, answers one line with its name and modes, and from then on one line for each round
that a line of its input asks for: {"mode": "eager"} -> {"units": environment steps, "ms": milliseconds}.
"""
import json
import sys
import time

import torch

ACTIONS = 4
# What each decision earns on a benign event and on a threat; as the default rewards of Vigil.
REWARDS = [[1.0, -10.0], [-9.5, 8.5], [-9.5, 8.5], [1.0, -10.0]]


def linear(agents, inputs, outputs, gain):
    weights = torch.empty(agents, inputs, outputs)
    for own in weights:
        torch.nn.init.orthogonal_(own, gain)
    return [weights.requires_grad_(), torch.zeros(agents, 1, outputs, requires_grad=True)]


def network(agents, inputs, hidden, outputs, gain, recurrent=()):
    parameters = []
    for width in hidden:
        parameters += linear(agents, inputs, width, 2**0.5)
        inputs = width
    return parameters + linear(agents, recurrent[-1] if recurrent else inputs, outputs, gain)


def forward(parameters, x, recurrent=None, steps=1):
    """[rows, inputs] -> [agents, rows, outputs], a batched product for each layer; rows are segments of `steps`, one after the other."""
    x = x.unsqueeze(0).expand(parameters[0].shape[0], -1, -1)
    for layer in range(0, len(parameters) - 2, 2):
        x = torch.relu(torch.baddbmm(parameters[layer + 1], x, parameters[layer]))
    if recurrent:
        states = [own(agent.view(-1, steps, agent.shape[-1]))[0].flatten(0, 1) for own, agent in zip(recurrent, x)]
        x = torch.stack(states)
    return torch.baddbmm(parameters[-1], x, parameters[-2])


def clip(parameters, recurrent, largest):
    """Each agent's gradient by its own norm."""
    squares = sum((p.grad**2).flatten(1).sum(1) for p in parameters)
    if recurrent:
        squares = squares + torch.stack([sum((p.grad**2).sum() for p in own.parameters()) for own in recurrent])
    scale = (largest / (torch.sqrt(squares) + 1e-6)).clamp(max=1.0)
    for p in parameters:
        p.grad.mul_(scale.view(-1, 1, 1))
    for own, factor in zip(recurrent or [], scale):
        for p in own.parameters():
            p.grad.mul_(factor)


class Team:
    def __init__(self, work, compiled):
        torch.manual_seed(1)
        self.work = work
        agents, dense = work["agents"], work["dense"]
        hidden, widths = work["policyHidden"], work["lstmHidden"]
        self.steps = work["rolloutSteps"]
        self.recurrent = [torch.nn.LSTM(hidden[-1], widths[0], batch_first=True) for _ in range(agents)] if widths else None
        self.policy = network(agents, dense, hidden, ACTIONS, 0.01, widths)
        critic = work["valueHidden"]
        self.value = None if critic is None else network(agents, dense, critic, 1, 1.0)
        parameters = self.policy + (self.value or []) + [p for own in self.recurrent or [] for p in own.parameters()]
        self.optimiser = torch.optim.Adam(parameters, lr=3e-4, eps=1e-5, foreach=True)
        self.events = torch.rand(60_000, dense) * 2 - 1
        self.labels = (self.events[:, 0] > 0.8).long()
        self.rewards = torch.tensor(REWARDS)
        self.loss = torch.compile(self.plain_loss) if compiled else self.plain_loss
        self.act = torch.compile(self.plain_act) if compiled else self.plain_act

    def plain_act(self, x):
        log_pi = torch.log_softmax(forward(self.policy, x, self.recurrent, self.steps), -1)
        values = None if self.value is None else forward(self.value, x).squeeze(-1)
        return log_pi, values

    def plain_loss(self, x, actions, old, advantages, targets):
        log_pi = torch.log_softmax(forward(self.policy, x, self.recurrent, self.steps), -1)
        ratio = (log_pi.gather(-1, actions[..., None]).squeeze(-1) - old).exp()
        surrogate = torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean(1)
        entropy = -(log_pi.exp() * log_pi).sum(-1).mean(1)
        total = -(surrogate + 0.01 * entropy).sum()
        if self.value is None:
            return total
        return total + 0.5 * ((forward(self.value, x).squeeze(-1) - targets) ** 2).mean(1).sum()

    def rollout(self):
        rows = torch.randint(len(self.events), (self.work["rows"],))
        x, labels = self.events[rows], self.labels[rows]
        with torch.no_grad():
            log_pi, values = self.act(x)
            pi = log_pi.exp()
            actions = torch.multinomial(pi.flatten(0, 1), 1).view(pi.shape[:2])
            earned = self.rewards.T[labels].expand(len(pi), -1, -1)
            rewards = earned.gather(-1, actions[..., None]).squeeze(-1)
            baseline = (pi * earned).sum(-1) if values is None else values
            advantages = rewards - baseline
            mean, deviation = advantages.mean(1, keepdim=True), advantages.std(1, keepdim=True)
            advantages = (advantages - mean) / (deviation + 1e-8)
            old = log_pi.gather(-1, actions[..., None]).squeeze(-1)
        return x, actions, old, advantages, rewards

    def minibatches(self, rows, size):
        if not self.recurrent:
            return torch.randperm(rows).split(size)
        segments = torch.arange(rows).view(-1, self.steps)
        return [segments[own].flatten() for own in torch.randperm(len(segments)).split(size // self.steps)]

    def iteration(self):
        x, actions, old, advantages, targets = self.rollout()
        size = self.work["minibatch"]
        for _ in range(self.work["epochs"]):
            for rows in self.minibatches(len(x), size):
                self.optimiser.zero_grad(set_to_none=True)
                self.loss(x[rows], actions[:, rows], old[:, rows], advantages[:, rows], targets[:, rows]).backward()
                with torch.no_grad():
                    clip(self.policy, self.recurrent, 0.5)
                    if self.value is not None:
                        clip(self.value, None, 0.5)
                self.optimiser.step()


def answer(message):
    print(json.dumps(message), flush=True)


def main():
    work = json.loads(sys.stdin.readline())
    torch.set_num_threads(work["threads"])
    teams = {"eager": Team(work, False)}
    if not work["lstmHidden"]:
        teams["compiled"] = Team(work, True)
    for team in teams.values():
        for _ in range(2):
            team.iteration()
    answer({"name": f"PyTorch {torch.__version__}", "modes": list(teams)})
    for line in sys.stdin:
        start = time.perf_counter()
        teams[json.loads(line)["mode"]].iteration()
        answer({"units": work["rows"], "ms": 1000 * (time.perf_counter() - start)})


main()
