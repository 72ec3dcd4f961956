"""Soft Actor-Critic in plain PyTorch, eagerly and step by step, by the update rule that this project has, too:
critics and targets at every step; every second step two steps of policy and temperature.
"""

import gymnasium
import numpy as np
import torch
from measure import BATCH_SIZE, BUFFER_SIZE, ENVIRONMENT, HIDDEN, LEARNING_STARTS, Meter, arguments
from torch import nn
from torch.nn import functional as F

GAMMA, POLYAK, LEARNING_RATE, POLICY_FREQUENCY, LOG_STD_BOUNDS = 0.99, 0.995, 3e-4, 2, (-20.0, 2.0)

warm_up, updates, threads = arguments()
if threads > 0:
    torch.set_num_threads(threads)
torch.manual_seed(1)
random = np.random.default_rng(1)
env = gymnasium.make(ENVIRONMENT)
observation_size, action_size = env.observation_space.shape[0], env.action_space.shape[0]


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(observation_size + action_size, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
        )

    def forward(self, observations, actions):
        return self.layers(torch.cat([observations, actions], 1)).squeeze(1)


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(observation_size, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU())
        self.mean = nn.Linear(HIDDEN, action_size)
        self.log_std = nn.Linear(HIDDEN, action_size)
        space = env.action_space
        self.register_buffer("scale", torch.as_tensor((space.high - space.low) / 2))
        self.register_buffer("bias", torch.as_tensor((space.high + space.low) / 2))

    def forward(self, observations):
        """Sampled actions and their log probabilities."""
        features = self.trunk(observations)
        low, high = LOG_STD_BOUNDS
        std = (low + (high - low) * (torch.tanh(self.log_std(features)) + 1) / 2).exp()
        normal = torch.distributions.Normal(self.mean(features), std)
        sample = normal.rsample()
        squashed = torch.tanh(sample)
        log_probability = normal.log_prob(sample) - torch.log(self.scale * (1 - squashed**2) + 1e-6)
        return squashed * self.scale + self.bias, log_probability.sum(1)


actor, critics, targets = Actor(), [Critic(), Critic()], [Critic(), Critic()]
for critic, target in zip(critics, targets):
    target.load_state_dict(critic.state_dict())
log_alpha = torch.zeros((), requires_grad=True)
target_entropy = -float(action_size)
critic_adam = torch.optim.Adam([p for critic in critics for p in critic.parameters()], lr=LEARNING_RATE)
actor_adam = torch.optim.Adam(actor.parameters(), lr=LEARNING_RATE)
alpha_adam = torch.optim.Adam([log_alpha], lr=LEARNING_RATE)

observations = np.zeros((BUFFER_SIZE, observation_size), np.float32)
next_observations = np.zeros_like(observations)
actions = np.zeros((BUFFER_SIZE, action_size), np.float32)
rewards, terminations = np.zeros(BUFFER_SIZE, np.float32), np.zeros(BUFFER_SIZE, np.float32)


def update(step):
    """One update of the critics; every POLICY_FREQUENCY steps as many of the policy and the temperature."""
    rows = random.integers(0, min(step + 1, BUFFER_SIZE), BATCH_SIZE)
    states, following = torch.from_numpy(observations[rows]), torch.from_numpy(next_observations[rows])
    taken, reward, ended = (torch.from_numpy(array[rows]) for array in (actions, rewards, terminations))
    with torch.no_grad():
        alpha = log_alpha.exp()
        next_actions, log_probability = actor(following)
        value = torch.minimum(*(target(following, next_actions) for target in targets)) - alpha * log_probability
        goal = reward + GAMMA * (1 - ended) * value
    loss = sum(F.mse_loss(critic(states, taken), goal) for critic in critics)
    critic_adam.zero_grad()
    loss.backward()
    critic_adam.step()
    if step % POLICY_FREQUENCY == 0:
        for _ in range(POLICY_FREQUENCY):
            chosen, log_probability = actor(states)
            value = torch.minimum(*(critic(states, chosen) for critic in critics))
            loss = (log_alpha.exp().detach() * log_probability - value).mean()
            actor_adam.zero_grad()
            loss.backward()
            actor_adam.step()
            with torch.no_grad():
                _, log_probability = actor(states)
            loss = -(log_alpha * (log_probability + target_entropy)).mean()
            alpha_adam.zero_grad()
            loss.backward()
            alpha_adam.step()
    with torch.no_grad():
        for critic, target in zip(critics, targets):
            for parameter, average in zip(critic.parameters(), target.parameters()):
                average.mul_(POLYAK).add_(parameter, alpha=1 - POLYAK)


meter = Meter(warm_up, updates)
env.action_space.seed(1)
observation, _ = env.reset(seed=1)
step = 0
while True:
    if step < LEARNING_STARTS:
        action = env.action_space.sample()
    else:
        with torch.no_grad():
            action = actor(torch.as_tensor(observation, dtype=torch.float32)[None])[0][0].numpy()
    following, reward, terminated, truncated, _ = env.step(action)
    row = step % BUFFER_SIZE
    observations[row], next_observations[row], actions[row] = observation, following, action
    rewards[row], terminations[row] = reward, terminated
    observation = env.reset()[0] if terminated or truncated else following
    if step > LEARNING_STARTS:
        update(step)
        if meter.after_update():
            break
    step += 1
