"""The package's GAN step in PyTorch: same networks, losses, optimizers and average.

A worker of `training_throughput.py`. Written as PyTorch users write it: one step of the
discriminator on detached images, one of the generator through the discriminator; with
`one_pass`, both losses' gradients from one way back, as the package has it. Real and
drawn images go through the discriminator together: PyTorch runs one operation after
another.
"""

import copy
import dataclasses

import numpy as np
import torch
from torch import nn
from torch.nn import functional

NOISE_DIM, CONDITION_DIM, MATCHING_DIM = 64, 256, 256
DRAWN_PATCH, SEEN_PATCH = 2, 4
WRONG_SHARE, MATCHING_WEIGHT = 0.5, 0.3
JUDGE_WEIGHT, TOKEN_WEIGHT, TEMPERATURE = 0.3, 0.02, 0.1


@dataclasses.dataclass(frozen=True)
class Variant:
    """One way to run the step."""

    bfloat16: bool
    channels_last: bool
    compiled: bool
    one_pass: bool = False

    @property
    def name(self):
        """Return a name for tables."""
        return " ".join(
            (
                "bfloat16" if self.bfloat16 else "float32",
                "channels_last" if self.channels_last else "contiguous",
                "compiled" if self.compiled else "eager",
                "one pass" if self.one_pass else "two steps",
            )
        )


class Modulation(nn.Module):
    """Affine modulation by a condition, then ReLU."""

    def __init__(self, channels):
        super().__init__()
        self.projection = nn.Linear(CONDITION_DIM, 2 * channels)
        nn.init.zeros_(self.projection.weight)
        nn.init.zeros_(self.projection.bias)

    def forward(self, x, condition):
        """Modulate `(batch, channels, height, width)`."""
        gamma, beta = self.projection(condition)[:, :, None, None].chunk(2, dim=1)
        return functional.relu(x * (1 + gamma) + beta)


class Generator(nn.Module):
    """See `aigc_keras.models.Generator`."""

    def __init__(self, text_dim, channels):
        super().__init__()
        self.condition = nn.Sequential(
            nn.Linear(text_dim + NOISE_DIM, CONDITION_DIM),
            nn.ReLU(),
            nn.Linear(CONDITION_DIM, CONDITION_DIM),
            nn.ReLU(),
        )
        self.first = channels[0]
        self.seed = nn.Linear(CONDITION_DIM, 16 * channels[0])
        pairs = list(zip(channels, channels[1:], strict=False))
        self.before = nn.ModuleList(Modulation(width) for width, _ in pairs)
        self.widen = nn.ModuleList(
            nn.Conv2d(width, 4 * wide, 1) for width, wide in pairs
        )
        self.modulate = nn.ModuleList(Modulation(width) for _, width in pairs)
        self.refine = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=1) for _, width in pairs
        )
        self.last = Modulation(channels[-1])
        self.to_patches = nn.Conv2d(channels[-1], 3 * DRAWN_PATCH**2, 3, padding=1)

    def forward(self, text, noise):
        """Draw `(batch, 3, side, side)`."""
        condition = self.condition(torch.cat([text, noise], dim=1))
        x = self.seed(condition).view(-1, self.first, 4, 4)
        for before, widen, modulate, refine in zip(
            self.before, self.widen, self.modulate, self.refine, strict=True
        ):
            x = functional.pixel_shuffle(widen(before(x, condition)), 2)
            x = x + refine(modulate(x, condition))
        x = self.to_patches(self.last(x, condition))
        return torch.tanh(functional.pixel_shuffle(x, DRAWN_PATCH).float())


class Discriminator(nn.Module):
    """See `aigc_keras.models.Discriminator`."""

    def __init__(self, text_dim, channels):
        super().__init__()
        widths = channels[::-1]
        self.stem = nn.Conv2d(3 * SEEN_PATCH**2, widths[0], 3, padding=1)
        pairs = list(zip(widths, widths[1:], strict=False))
        self.refine = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=1) for width, _ in pairs
        )
        self.halve = nn.ModuleList(
            nn.Conv2d(4 * width, wide, 1) for width, wide in pairs
        )
        self.hidden = nn.Linear(16 * widths[-1], MATCHING_DIM)
        self.realness = nn.Linear(MATCHING_DIM, 1)
        self.vector = nn.Linear(MATCHING_DIM, MATCHING_DIM)
        self.text = nn.Linear(text_dim, MATCHING_DIM)

    def forward(self, image):
        """Return the realness logit and the vector."""
        x = self.stem(functional.pixel_unshuffle(image, SEEN_PATCH))
        for refine, halve in zip(self.refine, self.halve, strict=True):
            x = x + refine(functional.relu(x))
            x = halve(functional.pixel_unshuffle(functional.relu(x), 2))
        x = functional.relu(self.hidden(functional.relu(x).flatten(1)))
        return self.realness(x).float(), self.vector(x).float()


class Judge(nn.Module):
    """See `aigc_keras.models.ImageEncoder`."""

    def __init__(self, image_size, text_dim, vocabulary_size, base=24):
        super().__init__()
        layers, width = [], 3
        for index in range(image_size.bit_length() - 3):
            wide = base * min(8, 2**index)
            layers += [nn.Conv2d(width, wide, 4, 2, padding=1), nn.LeakyReLU(0.2)]
            width = wide
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Linear(16 * width, 2 * text_dim)
        self.vector = nn.Linear(2 * text_dim, text_dim)
        self.tokens = nn.Linear(2 * text_dim, vocabulary_size)

    def forward(self, image):
        """Return the vector and the token logits."""
        x = functional.leaky_relu(self.hidden(self.trunk(image)), 0.2)
        return self.vector(x).float(), self.tokens(x).float()


def contrastive(images, texts):
    """Return the symmetric in-batch InfoNCE."""
    images, texts = functional.normalize(images), functional.normalize(texts)
    similarity = images @ texts.T / TEMPERATURE
    labels = torch.arange(len(images))
    both = functional.cross_entropy(similarity, labels)
    return (both + functional.cross_entropy(similarity.T, labels)) / 2


class Trainer:
    """Both networks, their optimizers, the frozen judge and the moving average."""

    def __init__(self, variant, settings, arrays):
        self.variant, self.arrays = variant, arrays
        self.batch = settings["batch_size"]
        text_dim = settings["text_dim"]
        torch.manual_seed(0)
        self.generator = Generator(text_dim, settings["generator_channels"])
        self.discriminator = Discriminator(text_dim, settings["discriminator_channels"])
        self.judge = Judge(settings["image_size"], text_dim, settings["vocabulary"])
        self.judge.requires_grad_(False)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        if variant.channels_last:
            for part in (self.generator, self.discriminator, self.judge):
                part.to(memory_format=torch.channels_last)
        self.bank = functional.normalize(torch.from_numpy(arrays["bank"]))
        adam = {"betas": (0.0, 0.9), "eps": 1e-7, "fused": True}
        self.generator_optimizer = torch.optim.Adam(
            self.generator.parameters(), lr=1e-3, **adam
        )
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), lr=3e-4, **adam
        )
        self.step = self.one_pass if variant.one_pass else self.two_steps
        if variant.compiled:
            # The networks, as PyTorch users do: a compiled step would join the way
            # through both networks, of which a part is gone back twice.
            for part in (self.generator, self.discriminator, self.judge):
                part.compile()
        self.rng = np.random.default_rng(0)

    def parameters(self):
        """Return how many weights the two trained networks have."""
        both = (self.generator, self.discriminator)
        return sum(p.numel() for part in both for p in part.parameters())

    def next_batch(self):
        """Gather a batch from arrays in memory, the cheapest pipeline there is."""
        rows = self.rng.integers(0, len(self.arrays["images"]), self.batch)
        image = torch.from_numpy(self.arrays["images"][rows]).permute(0, 3, 1, 2)
        image = image.float() / 127.5 - 1
        layout = torch.contiguous_format
        if self.variant.channels_last:
            layout = torch.channels_last
        image = image.contiguous(memory_format=layout)
        text = torch.from_numpy(self.arrays["text"][rows])
        present = torch.from_numpy(self.arrays["present"][rows])
        return image, text, present, torch.randn(self.batch, NOISE_DIM)

    def train(self, steps):
        """Run steps."""
        for _ in range(steps):
            self.step(*self.next_batch())

    def _cast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.variant.bfloat16)

    def _discriminator_loss(self, real, fake_logit, wrong, vector, said):
        loss = functional.softplus(-real).mean()
        loss = loss + (1 - WRONG_SHARE) * functional.softplus(fake_logit).mean()
        loss = loss + WRONG_SHARE * functional.softplus(wrong).mean()
        return loss + MATCHING_WEIGHT * contrastive(vector, said)

    def _guidance(self, fake, text, present):
        vector, tokens = self.judge(fake)
        vector = functional.normalize(vector)
        positive = (vector * functional.normalize(text)).sum(1, keepdim=True)
        logits = torch.cat([positive, vector @ self.bank.T], 1) / TEMPERATURE
        loss = JUDGE_WEIGHT * (torch.logsumexp(logits, 1) - logits[:, 0]).mean()
        present = functional.softplus(tokens) - present * tokens
        return loss + TOKEN_WEIGHT * present.sum(1).mean()

    @staticmethod
    def _logit(realness, vector, said):
        product = (vector * said).sum(1, keepdim=True)
        return realness + product / MATCHING_DIM**0.5

    def two_steps(self, image, text, present, noise):
        """Update the discriminator, then the generator."""
        with self._cast():
            fake = self.generator(text, noise)
            realness, vector = self.discriminator(torch.cat([image, fake.detach()]))
            said = self.discriminator.text(text).float()
            real_vector, fake_vector = vector.chunk(2)
            real_realness, fake_realness = realness.chunk(2)
            loss = self._discriminator_loss(
                self._logit(real_realness, real_vector, said),
                self._logit(fake_realness, fake_vector, said),
                self._logit(real_realness, real_vector, said.roll(1, 0)),
                real_vector,
                said,
            )
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        self.discriminator.requires_grad_(False)
        with self._cast():
            realness, vector = self.discriminator(fake)
            logit = self._logit(realness, vector, self.discriminator.text(text))
            loss = functional.softplus(-logit).mean()
            loss = loss + self._guidance(fake, text, present)
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        self.discriminator.requires_grad_(True)
        self._move_average()

    def one_pass(self, image, text, present, noise):
        """Update both from one forward and one backward pass."""
        with self._cast():
            fake = self.generator(text, noise)
            leaf = fake.detach().requires_grad_(True)
            realness, vector = self.discriminator(torch.cat([image, leaf]))
            said = self.discriminator.text(text).float()
            real_vector, fake_vector = vector.chunk(2)
            real_realness, fake_realness = realness.chunk(2)
            fake_logit = self._logit(fake_realness, fake_vector, said)
            loss = self._discriminator_loss(
                self._logit(real_realness, real_vector, said),
                fake_logit,
                self._logit(real_realness, real_vector, said.roll(1, 0)),
                real_vector,
                said,
            )
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        with torch.no_grad():
            ratio = -torch.exp(-fake_logit) / (1 - WRONG_SHARE)
            by_fake = leaf.grad * ratio[:, :, None, None]
        leaf = fake.detach().requires_grad_(True)
        with self._cast():
            self._guidance(leaf, text, present).backward()
        self.generator_optimizer.zero_grad()
        fake.backward(by_fake + leaf.grad)
        self.discriminator_optimizer.step()
        self.generator_optimizer.step()
        self._move_average()

    @torch.no_grad()
    def _move_average(self):
        torch._foreach_lerp_(
            list(self.average.parameters()),
            list(self.generator.parameters()),
            1 - 0.5 ** (self.batch / 4000),
        )
